import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lab, startLab } from "../support/lab.ts";
import { commit } from "../support/lab-configure.ts";
import { INTERNET } from "../support/lab-map.ts";
import { DSL, STREAMED } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";

/**
 * The rules of WAN load balancing while it runs, over both BGP lines: put in front at every start, every packet without an
 * answer is new to it, marks are written as a whole (platform/wan-load-balancing.md section 1). What arrives by our uplink is
 * balanced too, so that its marks are put on the answers to what we steered.
 */
const START_BALANCING = `
for line in 1:0xc9 2:0xca; do
  chain=ISP_\${line%:*} mark=\${line#*:}
  iptables -t mangle -N $chain; iptables -t mangle -A $chain -j CONNMARK --set-mark $mark
  iptables -t mangle -A $chain -j MARK --set-mark $mark; iptables -t mangle -A $chain -j ACCEPT
done
iptables -t mangle -N WANLOADBALANCE_PRE
iptables -t mangle -A WANLOADBALANCE_PRE -i eth0 -m state --state NEW -m statistic --mode random --probability 0.5 -j ISP_1
iptables -t mangle -A WANLOADBALANCE_PRE -i eth0 -m state --state NEW -j ISP_2
iptables -t mangle -A WANLOADBALANCE_PRE -i eth0 -j CONNMARK --restore-mark
iptables -t mangle -A WANLOADBALANCE_PRE -i eth1 -m state --state NEW -j ISP_2
iptables -t mangle -A WANLOADBALANCE_PRE -i eth1 -j CONNMARK --restore-mark
iptables -t mangle -I PREROUTING 1 -j WANLOADBALANCE_PRE
ip route add default via 192.0.2.1 table 201; ip route add default via 192.0.2.5 table 202
ip rule add fwmark 0xc9 lookup 201; ip rule add fwmark 0xca lookup 202
`;
const STOP_BALANCING = `
iptables -t mangle -D PREROUTING -j WANLOADBALANCE_PRE
for chain in WANLOADBALANCE_PRE ISP_1 ISP_2; do iptables -t mangle -F $chain; done
for chain in WANLOADBALANCE_PRE ISP_1 ISP_2; do iptables -t mangle -X $chain; done
ip rule del fwmark 0xc9; ip rule del fwmark 0xca; ip route flush table 201; ip route flush table 202
`;

describe.each(["iptables-nft", "iptables-legacy"] as const)("backend (beside %s)", (frontEnd) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ prefixes: 20, frontEnd });
    await commit(lab, [...DSL, ...STREAMED]);
  }, 60_000);
  afterAll(() => lab?.stop());
  // A flow without an answer is remembered for 30 s, with what it was then: who draws its source port again would be taken for it.
  beforeEach(() => lab.must("router", ["conntrack", "-F"]));

  const router = (script: string) => lab.must("router", ["sh", "-euc", script]);
  const overview = async () => (await lab.must("router", ["policy-route", "show"])).split("\n")[0];
  const ours = async () => ({
    iptables: (await router("iptables-save; ip6tables-save")).includes("POLICY_ROUTE"),
    nft: (await router("nft list chains")).includes("table ip policy_route "),
  });

  test("from one to the other and back: not one packet of new or established connections goes wrong", async () => {
    const lan = lab.agent("lan");
    expect(await lan.ask("open", { id: "long", address: INTERNET.ipv4, port: 443 })).toMatchObject({ by: "dsl" });
    const streams = await Promise.all([
      lab.stream("lan", { port: 5000, rate: 400, fresh: true }),
      lab.stream("lan", { port: 5000, rate: 400 }),
      lab.stream("lan", { port: 5000, rate: 200, fresh: true, to: INTERNET.ipv6 }),
    ]);
    for (const stream of streams) await until("packets by DSL", async () => (await stream.count()).by.dsl > 50);
    for (const backend of ["nftables", "iptables", "nftables", "iptables"] as const) {
      await commit(lab, [`set policy-route backend ${backend}`]);
      expect(await ours()).toEqual({ iptables: backend === "iptables", nft: backend === "nftables" });
      expect(await lan.ask("say", { id: "long" })).toMatchObject({ by: "dsl" });
    }
    for (const stream of streams) {
      const { sent, lost, by, sources } = await stream.stop();
      expect({ lost, by }).toEqual({ lost: 0, by: { dsl: sent, dsl2: 0, bgp1: 0, bgp2: 0 } });
      expect(sources.dsl.length).toBe(1);
    }
    await lan.ask("close", { id: "long" });
  });

  test("auto: iptables, and nftables as soon as WAN load balancing is seen", async () => {
    await commit(lab, ["delete policy-route backend"]);
    expect(await overview()).toMatch(/backend iptables \((nft|legacy) front end\)$/);
    await router(START_BALANCING);
    await lab.must("router", ["policy-route", "restart"]);
    expect(await overview()).toBe(
      "Policy routing: active, in sync, backend nftables (WAN load balancing runs (chain WANLOADBALANCE_PRE in mangle))",
    );
    expect(await ours()).toEqual({ iptables: false, nft: true });
  });

  test("beside it, new and established TCP, and datagrams that nobody answers, take the line of their rule", async () => {
    const oneWay = await lab.stream("lan", { port: 5000, rate: 400 });
    const fresh = await lab.stream("lan", { port: 5000, rate: 200, fresh: true });
    for (let i = 0; i < 20; i++) expect(await lab.probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
    const lan = lab.agent("lan");
    await lan.ask("open", { id: "long", address: INTERNET.ipv4, port: 443 });
    // Its restart: the chain away and back, in front.
    await router(
      "iptables -t mangle -D PREROUTING -j WANLOADBALANCE_PRE; iptables -t mangle -I PREROUTING 1 -j WANLOADBALANCE_PRE",
    );
    for (let i = 0; i < 20; i++) expect(await lan.ask("say", { id: "long" })).toMatchObject({ by: "dsl" });
    await lan.ask("close", { id: "long" });
    for (const stream of [oneWay, fresh]) {
      await until("packets", async () => (await stream.count()).sent > 200);
      const { sent, lost, by } = await stream.stop();
      expect({ lost, by }).toEqual({ lost: 0, by: { dsl: sent, dsl2: 0, bgp1: 0, bgp2: 0 } });
    }
    // What is not ours is balanced over both lines, as if we were not there.
    const balanced = new Set<string>();
    for (let i = 0; i < 20; i++) balanced.add((await lab.probe("lan", { port: 22 })).by ?? "nobody");
    expect([...balanced].sort()).toEqual(["bgp1", "bgp2"]);
  });

  test("the source is the uplink's, also where WAN load balancing or VyOS would translate it to another", async () => {
    await router(`nft 'table ip theirs { chain post { type nat hook postrouting priority 99; policy accept;
      oifname "eth1" snat to 198.51.100.77; }; }'`);
    const source = await lab.dhcp.address();
    expect(await lab.probe("lan", { port: 443 })).toMatchObject({ by: "dsl", source });
    await router("nft delete table ip theirs");
  });

  test("bits that somebody puts into our field of what arrives send no answer back out", async () => {
    await router(`nft 'table ip theirs { chain pre { type filter hook prerouting priority -160; policy accept;
      iifname "eth1" meta mark set 0x01400000; }; }'`);
    // A network behind another router: our tables know no way to it.
    await commit(lab, [
      "delete policy-route exempt",
      "set policy-route rule 30 inbound-interface eth4",
      "set policy-route rule 30 set uplink dsl",
    ]);
    const source = "192.168.77.10";
    for (let i = 0; i < 5; i++) expect(await lab.probe("office", { port: 443, source })).toMatchObject({ by: "dsl" });
    await commit(lab, ["delete policy-route rule 30", ...DSL]);
    await router("nft delete table ip theirs");
  });

  test("without the label a flow nobody answers is taken away: the test above can fail", async () => {
    await router("nft flush chain ip policy_route POLICY_ROUTE_RECOVER");
    const stolen = await lab.stream("lan", { port: 5000, rate: 200 });
    await until("packets that do not go by DSL", async () => {
      const { sent, by } = await stolen.count();
      return sent - by.dsl > 50;
    });
    await stolen.stop();
    await router("policy-route restart; conntrack -F");
    const held = await lab.stream("lan", { port: 5000, rate: 200 });
    await until("packets by DSL", async () => (await held.count()).by.dsl > 50);
    const { sent, by } = await held.stop();
    expect(by.dsl).toBe(sent);
  });

  test("where the kernel has no labels the rules are asked again, until there is an answer", async () => {
    await router("policy-route uninstall; cp /usr/sbin/nft /run/nft");
    await lab.must("router", ["sh", "-euc", "cat > /run/nft-without-labels; chmod +x /run/nft-without-labels"], {
      stdin: `#!/bin/sh
if [ "$1" = -c ]; then text=$(cat); case $text in *label*) exit 1;; esac; echo "$text" | exec /run/nft "$@"; fi
exec /run/nft "$@"
`,
    });
    await lab.must("router", ["sh", "-euc", "cat > /tmp/router.config"], { stdin: `${[...DSL, ...STREAMED].join("\n")}\n` });
    await router("mount --bind /run/nft-without-labels /usr/sbin/nft; policy-route apply --config /tmp/router.config");
    expect(await router("nft list table ip policy_route")).not.toContain("label");
    const flow = await lab.stream("lan", { port: 5000, rate: 200 });
    await until("packets", async () => (await flow.count()).sent > 200);
    const { sent, by } = await flow.stop();
    for (let i = 0; i < 5; i++) expect(await lab.probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
    await router("umount /usr/sbin/nft; policy-route restart");
    expect(by.dsl).toBe(sent);
    expect(await router("nft list table ip policy_route")).toContain("label");
  });

  test("auto: iptables again when it has gone, and nothing of the table is left", async () => {
    const stream = await lab.stream("lan", { port: 5000, rate: 400, fresh: true });
    await router(STOP_BALANCING);
    await lab.must("router", ["policy-route", "restart"]);
    expect(await ours()).toEqual({ iptables: true, nft: false });
    const { sent, lost, by } = await stream.stop();
    expect({ lost, dsl: by.dsl }).toEqual({ lost: 0, dsl: sent });
  });

  test("auto: what is configured counts before it runs, and is remembered by every later run", async () => {
    const lines = [...DSL, ...STREAMED, "set load-balancing wan interface-health eth2 nexthop 192.0.2.1"].join("\n");
    await lab.must("router", ["sh", "-euc", "cat > /tmp/router.config"], { stdin: `${lines}\n` });
    await lab.must("router", ["policy-route", "apply", "--config", "/tmp/router.config"]);
    for (let i = 0; i < 2; i++) {
      expect(await overview()).toBe("Policy routing: active, in sync, backend nftables (WAN load balancing is configured)");
      await lab.must("router", ["policy-route", "restart"]);
    }
    expect(await lab.probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
    await commit(lab, ["set policy-route log-level debug"]);
    expect(await overview()).toMatch(/backend iptables/);
  });
});
