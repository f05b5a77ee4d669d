import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LoggedEvent } from "../../src/uplink/event.ts";
import { backendOf, FRONT_ENDS, type FrontEnd } from "../support/front-end.ts";
import { until } from "../support/lab-wait.ts";
import { type RunningMonitor, startMonitor } from "../support/monitor.ts";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { difference, readState, type State } from "../support/namespace-state.ts";
import { reach } from "./reach.ts";
import { A } from "./transitions.ts";

const OURS_FIRST = "iptables -t mangle -S PREROUTING 1 | grep -q POLICY_ROUTE";
const NAMES = `${ROOT}/etc/iproute2/rt_tables.d/policy-route.conf`;
const EVERY: readonly FrontEnd[] = FRONT_ENDS;
const IPTABLES: readonly FrontEnd[] = ["iptables-nft", "iptables-legacy"];
const NFT: readonly FrontEnd[] = ["iptables-nft", "nftables"];

/** Without what changes by itself under a monitor: probes that nobody answers, members that are held back after a flap. */
const STEADY = A.filter((line) => !/ health |^group |^rule 60 /.test(line));

/** What somebody else does, where it concerns us, and what the event says. */
interface Damage {
  readonly name: string;
  readonly on: readonly FrontEnd[];
  readonly script: string;
  readonly says: RegExp;
  /** Events that say so; default one. Undefined where the monitor may look in between, and see halves. */
  readonly events?: number | undefined;
}

/** Each with a chain of its own: who comes in front again and again is left there for a while. */
const displaced = (table: string, chain: string, jump: string): Damage => ({
  name: `somebody in front of our jump in ${table} ${chain}`,
  on: IPTABLES,
  script: `iptables -t ${table} -N FRONT_${chain}; iptables -t ${table} -I ${chain} 1 -j FRONT_${chain}`,
  says: new RegExp(`^jump ${chain} -> POLICY_ROUTE_${jump} was behind FRONT_${chain}; moved to 1`),
});

const DAMAGE: readonly Damage[] = [
  {
    name: "ip rules flushed, IPv4",
    on: EVERY,
    script: "ip rule flush; ip rule add pref 32766 lookup main; ip rule add pref 32767 lookup default",
    says: /^all our ip rules were removed \(ipv4\)/,
  },
  {
    name: "ip rules flushed, IPv6",
    on: EVERY,
    script: "ip -6 rule flush; ip -6 rule add pref 32766 lookup main",
    says: /removed \(ipv6\)/,
  },
  {
    name: "one ip rule removed",
    on: EVERY,
    script: "ip rule del pref 600 fwmark 0x100000/0xff00000",
    says: /^ip rule 600 fwmark 0x00100000\/0x0ff00000 lookup 2001 was removed/,
  },
  {
    name: "mangle PREROUTING flushed",
    on: IPTABLES,
    script: "iptables -t mangle -F PREROUTING",
    says: /^jump PREROUTING -> POLICY_ROUTE_PRE was removed/,
  },
  {
    name: "mangle flushed, chains removed",
    on: IPTABLES,
    script: "iptables -t mangle -F; iptables -t mangle -X",
    says: /^all our chains in mangle \(ipv4\) were (removed|emptied)/,
    events: undefined,
  },
  displaced("mangle", "PREROUTING", "PRE"),
  displaced("mangle", "OUTPUT", "OUT"),
  displaced("mangle", "POSTROUTING", "PIN"),
  displaced("nat", "POSTROUTING", "SNAT"),
  {
    name: "the whole nft ruleset flushed",
    on: NFT,
    script: "nft flush ruleset",
    says: /^all our chains in mangle \(ipv4\) were removed|^nft table ip policy_route was removed/,
  },
  {
    name: "a chain of ours flushed",
    on: ["nftables"],
    script: "nft flush chain ip policy_route POLICY_ROUTE_PRE",
    says: /^chain POLICY_ROUTE_PRE of nft table ip policy_route was changed/,
  },
  {
    name: "our table made dormant",
    on: ["nftables"],
    script: "nft add table ip policy_route '{ flags dormant; }'",
    says: /^nft table ip policy_route holds what is not ours/,
  },
  {
    name: "the policy of our chain",
    on: ["nftables"],
    script: "nft chain ip6 policy_route POLICY_ROUTE_PRE '{ policy drop; }'",
    says: /^chain POLICY_ROUTE_PRE of nft table ip6 policy_route was changed/,
  },
  {
    name: "a chain of others in our table",
    on: ["nftables"],
    script: "nft add chain ip policy_route theirs '{ type filter hook forward priority 0; policy drop; }'",
    says: /^chain theirs of nft table ip policy_route was added/,
  },
  {
    name: "a set of ours flushed",
    on: ["nftables"],
    script: "nft flush set ip policy_route $(nft list sets ip | sed -n 's/^.set \\(policy_route_[^ ]*\\) {/\\1/p' | head -1)",
    says: /^set policy_route_\S+ of nft table ip policy_route was changed/,
  },
  {
    name: "a rule in our chain",
    on: IPTABLES,
    script: "iptables -t mangle -I POLICY_ROUTE_FWD -j RETURN",
    says: /^chain POLICY_ROUTE_FWD in mangle \(ipv4\) was changed/,
  },
  {
    name: "a sysctl changed",
    on: EVERY,
    script: "sysctl -q net.ipv4.conf.eth2.ignore_routes_with_linkdown=0",
    says: /^sysctl net.ipv4.conf.eth2.ignore_routes_with_linkdown was 0/,
  },
  {
    name: "a firewall's commit rewrites rp_filter",
    on: EVERY,
    script: "sysctl -q net.ipv4.conf.eth1.rp_filter=0",
    says: /^sysctl net.ipv4.conf.eth1.rp_filter was 0/,
  },
  { name: "our names removed", on: EVERY, script: `rm ${NAMES}`, says: /rt_tables.d\/policy-route.conf was removed/ },
  {
    name: "an address that goes and comes",
    on: EVERY,
    script: "ip addr del 203.0.113.2/24 dev eth2; ip addr add 203.0.113.2/24 dev eth2",
    says: /^route default via 203\.0\.113\.1 dev eth2 .* in table 2002 \(ipv4\) was removed|^two /,
    events: undefined,
  },
  {
    name: "a link that goes and comes",
    on: EVERY,
    script:
      "ip link set eth1 down; ip link set eth1 up; ip -6 addr add 2001:db8:1::2/64 dev eth1 nodad; ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:1::1 dev eth1",
    says: /^route default via 198\.51\.100\.1 dev eth1 .* in table 2001 \(ipv4\) was removed|^one up /,
    events: undefined,
  },
];

describe.each(EVERY)("the monitor puts right what others do (%s)", (frontEnd) => {
  let router: Namespace;
  let monitor: RunningMonitor;
  let old: State;
  /** Why the monitor last looked and found something to do. */
  const reason = async () => JSON.parse((await router.exec(["cat", `${ROOT}/run/policy-route/state.json`])).stdout).reason;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await reach(router, [`backend ${backendOf(frontEnd)}`, ...STEADY]);
    monitor = await startMonitor(router);
    old = await readState(router);
  });
  afterAll(async () => {
    await router?.stop();
  });

  test.each(DAMAGE.filter(({ on }) => on.includes(frontEnd)))("$name", async (damage) => {
    const { script, says } = damage;
    const before = (await monitor.events()).length;
    await router.sh(script);
    const left = async () => difference(ours(old), ours(await readState(router)));
    await until("everything to be put right", async () => (await left()).length === 0, {
      timeout: 20_000,
      last: async () => `${(await left()).join("\n")}\n${JSON.stringify(await monitor.events(), undefined, 1)}${monitor.said()}`,
    });
    const said = async () => (await monitor.events()).slice(before).filter((event) => says.test(words(event)));
    await until("the event", async () => (await said()).length > 0, {
      last: async () => JSON.stringify((await monitor.events()).slice(before), undefined, 1),
    });
    const { events } = { events: 1, ...damage };
    if (events !== undefined) expect(await said()).toHaveLength(events);
    expect(await reason()).not.toBe(BY_ITSELF);
  });

  test.each(IPTABLES.filter((one) => one === frontEnd))(
    "somebody in front of our jump, and again before the next second",
    async () => {
      await router.sh("iptables -t mangle -N WANLOADBALANCE_PRE; iptables -t mangle -I PREROUTING 1 -j WANLOADBALANCE_PRE");
      // Once what was applied has been verified: there it would be seen.
      await router.sh(
        `until ${OURS_FIRST}; do sleep 0.01; done; sleep 0.3; iptables -t mangle -D PREROUTING -j WANLOADBALANCE_PRE; iptables -t mangle -I PREROUTING 1 -j WANLOADBALANCE_PRE`,
      );
      await until("our jump to be first", async () => (await router.exec(["sh", "-c", OURS_FIRST])).exitCode === 0, {
        timeout: 3000,
        last: async () => `${await router.sh("iptables -t mangle -S PREROUTING")}${monitor.said()}`,
      });
      await router.sh("iptables -t mangle -D PREROUTING -j WANLOADBALANCE_PRE; iptables -t mangle -X WANLOADBALANCE_PRE");
    },
  );

  if (IPTABLES.includes(frontEnd)) {
    test("somebody in front of our jump in raw", async () => {
      const before = (await monitor.events()).length;
      const first = async () => (await router.sh("iptables -t raw -S PREROUTING | sed -n 2p")).trim();
      await router.sh("iptables -t raw -A PREROUTING -p udp --dport 9 -j CT --notrack");
      await until("our jump in raw", async () => / POLICY_ROUTE_CT$/.test(await first()), { timeout: 20_000, last: first });
      await router.sh("iptables -t raw -N FRONT_RAW; iptables -t raw -I PREROUTING 1 -j FRONT_RAW");
      await until("it to be first again", async () => / POLICY_ROUTE_CT$/.test(await first()), { timeout: 20_000, last: first });
      const moved = /^jump PREROUTING -> POLICY_ROUTE_CT was behind FRONT_RAW; moved to 1/;
      const said = async () => (await monitor.events()).slice(before).filter((event) => moved.test(words(event)));
      await until("the event", async () => (await said()).length > 0, {
        last: async () => JSON.stringify((await monitor.events()).slice(before), undefined, 1),
      });
      expect(await said()).toHaveLength(1);
      expect(await reason()).not.toBe(BY_ITSELF);
      await router.sh("iptables -t raw -F PREROUTING; iptables -t raw -X FRONT_RAW");
      await until("our jump in raw to go", async () => difference(ours(old), ours(await readState(router))).length === 0, {
        timeout: 20_000,
      });
    });
  }

  test("nothing failed, and it leaves everything as it is when it ends", async () => {
    expect((await monitor.events()).filter(({ kind }) => kind === "reconcile-failed")).toEqual([]);
    expect(await monitor.stop()).toBe(0);
    expect(difference(ours(old), ours(await readState(router)))).toEqual([]);
    expect((await router.exec(["test", "-e", `${ROOT}/run/policy-route/monitor.pid`])).exitCode).toBe(1);
  });
});

/** The look that comes every 30 s, whatever happens. */
const BY_ITSELF = "monitor (timer)";

function words({ uplink, kind, text }: LoggedEvent): string {
  return uplink === undefined ? text : `${uplink} ${kind} ${text}`;
}

/** Without what the damage leaves of others, and without the links that the boot is told of, as they were in the moment of an apply. */
function ours(state: State): State {
  const own = (lines: readonly string[]) => lines.filter((line) => /policy-route:| POLICY_ROUTE_|^:POLICY_ROUTE/.test(line));
  const files = state.files.map((line) => line.replace(/,"links":\[.*/, ""));
  return { ...state, ipv4: own(state.ipv4), ipv6: own(state.ipv6), files };
}
