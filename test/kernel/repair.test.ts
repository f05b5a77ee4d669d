import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { IPTABLES } from "../support/front-end.ts";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { difference, readState, type State } from "../support/namespace-state.ts";
import { FOREIGN_LAYER } from "./foreign-layer.ts";
import { reach } from "./reach.ts";
import { A, B } from "./transitions.ts";

const MEMORY = `${ROOT}/etc/iproute2/rt_tables.d/policy-route.conf`;
const RUN = `${ROOT}/run/policy-route`;
const KERNEL = ["ipv4", "ipv6", "rules", "routes", "sets", "sysctls"] as const;
const SET = "$(ipset list -n | grep policy_route_4)";

/** What somebody else can do to what is ours. */
const DAMAGE: readonly [string, string][] = [
  ["our jumps gone", "iptables -t mangle -F PREROUTING; ip6tables -t mangle -F OUTPUT"],
  [
    "somebody in front of our jump",
    "iptables -t mangle -I PREROUTING -p tcp -j ACCEPT; iptables -t nat -I POSTROUTING -j RETURN",
  ],
  ["our jump twice", 'iptables -t mangle -A PREROUTING -m comment --comment "policy-route:jump" -j POLICY_ROUTE_PRE'],
  ["the whole table flushed", "iptables -t mangle -F; iptables -t mangle -X; ip6tables -t nat -F"],
  ["a rule in our chain", "iptables -t mangle -I POLICY_ROUTE_FWD -j RETURN"],
  ["a rule out of our chain", "iptables -t mangle -D POLICY_ROUTE_T_1 1; ip6tables -t mangle -D POLICY_ROUTE_KEEP 2"],
  [
    "our rules in another order",
    "iptables -t mangle -S POLICY_ROUTE_FWD | sed -n 3p | sed 's/^-A/-D/' > /run/pr/rule; sed 's/^-D/-A/' /run/pr/rule | xargs iptables -t mangle; xargs iptables -t mangle < /run/pr/rule",
  ],
  [
    "a chain that only looks like ours",
    "iptables -t mangle -N POLICY_ROUTE_OLD; iptables -t mangle -A POLICY_ROUTE_OLD -j POLICY_ROUTE_T_2",
  ],
  [
    "an ip rule gone, another one ours by protocol",
    "ip rule del pref 600 fwmark 0x100000/0xff00000; ip rule add pref 610 from 10.0.0.0/8 lookup 2001 protocol 157",
  ],
  [
    "an ip rule twice",
    "ip rule add pref 700 from 198.51.100.2 lookup 2001 protocol 157 2>/dev/null || ip rule add pref 701 from 198.51.100.2 lookup 2001 protocol 157",
  ],
  ["our routes gone", "ip route flush table 2001 proto 157; ip -6 route del default table 2002"],
  ["another gateway in our route", "ip route replace default via 198.51.100.99 dev eth1 table 2001 proto 157"],
  ["a member less in our set", `ipset del ${SET} 10.50.0.0/16`],
  ["a member more in our set", `ipset add ${SET} 0.0.0.0/1`],
  ["a set left over", "ipset create policy_route_4_0000000000000000 hash:net; ipset create policy_route_n hash:net"],
  ["sysctls changed", "sysctl -q net.ipv4.conf.eth1.rp_filter=2 net.ipv4.conf.eth2.ignore_routes_with_linkdown=0"],
  ["our names gone", `rm ${MEMORY} ${ROOT}/etc/iproute2/rt_protos.d/policy-route.conf`],
];

describe.each(IPTABLES)("repair (%s)", (frontEnd) => {
  let router: Namespace;
  let old: State;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await router.sh(FOREIGN_LAYER);
    await reach(router, A);
    old = await readState(router);
  });
  afterAll(() => router?.stop());
  beforeEach(async () => {
    await reach(router, A);
  });

  test.each(DAMAGE)("%s: one run puts it right, the next has nothing to do", async (_, script) => {
    const foreign = (state: State) =>
      state.ipv4
        .concat(state.ipv6)
        .filter((line) => /FOREIGN|-p tcp -j ACCEPT|-j RETURN$/.test(line) && !line.includes("policy-route:"));
    await router.sh(script);
    const damaged = await readState(router);
    expect(difference(old, damaged)).not.toEqual([]);
    expect(await router.run(["restart"])).toMatchObject({ exitCode: 0 });
    const repaired = await readState(router);
    // What others did outside our chains is theirs; it is taken out here so that the rest can be compared.
    expect(foreign(repaired).filter((line) => !line.includes(" POLICY_ROUTE_"))).toEqual(
      foreign(damaged).filter((line) => !line.includes(" POLICY_ROUTE_")),
    );
    await router.sh(`
      iptables -t mangle -D PREROUTING -p tcp -j ACCEPT 2>/dev/null || true
      iptables -t nat -D POSTROUTING -j RETURN 2>/dev/null || true`);
    const again = await router.run(["restart"]);
    expect(again.changes.filter((change) => !change.endsWith("/state.json"))).toEqual([]);
    // What somebody else wrote into a sysctl is what he gets back at the end (plan-sysctls.test.ts).
    const differs = difference(old, repaired, ["rules", "routes", "sets", "sysctls", "files"]);
    expect(differs.filter((line) => !/sysctls\.json: +"found"/.test(line))).toEqual([]);
    const ours = (lines: readonly string[]) => lines.filter((line) => /policy-route:| POLICY_ROUTE_/.test(line));
    expect(ours(repaired.ipv4)).toEqual(ours(old.ipv4));
    expect(ours(repaired.ipv6)).toEqual(ours(old.ipv6));
  });
});

describe("damaged files of our own", () => {
  let router: Namespace;
  beforeAll(async () => {
    router = await openNamespace("iptables-nft");
  });
  afterAll(() => router?.stop());
  beforeEach(async () => {
    await router.sh(`rm -f ${RUN}/sysctls.json`);
    await reach(router, []);
    await reach(router, A);
  });

  test.each([
    ["junk", "head -c 5000 /dev/urandom"],
    [
      "slots nobody can have",
      "printf '# slot 0 uplink one\\n# slot 500 uplink two\\n# slot 127 uplink gone\\n# slot 126 was x\\n'",
    ],
    [
      "one slot for two",
      "printf '# slot 2 uplink one\\n# slot 2 uplink two\\n# slot 2 was gone\\n# mask 0x00000000\\n# table 2001 y\\n254\\tone\\n0\\ttwo\\n'",
    ],
    ["nothing", "true"],
  ])("slots and names: %s", async (_, script) => {
    await router.sh(`${script} > ${MEMORY}`);
    expect(await router.apply(A)).toMatchObject({ exitCode: 0 });
    const state = await readState(router);
    const marks = state.rules.flatMap(
      (line) => /^4 600:.*fwmark (0x[0-9a-f]+)\/0xff00000 lookup \d+ proto 157$/.exec(line)?.[1] ?? [],
    );
    // Four uplinks, a group, and its members.
    expect(new Set(marks).size).toBe(8);
    for (const mark of marks)
      expect([1, 126].map((slot) => slot << 20).every((edge, i) => (i === 0 ? Number(mark) >= edge : Number(mark) <= edge))).toBe(
        true,
      );
    expect((await router.apply(A)).changes.filter((change) => !change.endsWith("/state.json"))).toEqual([]);
  });

  test.each(["junk", "null", "[1]", '{"net/ipv4/conf/eth1/rp_filter":1}', '{"net/ipv4/conf/eth1/rp_filter":{"found":"0"'])(
    "what is remembered of sysctls: %s: exit 2 with the file's name, nothing changed",
    async (text) => {
      const old = await readState(router);
      await router.sh(`printf '%s' '${text}' > ${RUN}/sysctls.json`);
      const { exitCode, stderr } = await router.program(["apply", "--config", "/run/pr/config.set"]);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`${RUN}/sysctls.json`) });
      expect(difference(old, await readState(router), KERNEL)).toEqual([]);
    },
  );

  test("the picture for operators and the values read by hooks: made anew", async () => {
    const old = await readState(router);
    await router.sh(
      `for file in ${RUN}/*.json ${RUN}/applied.*; do case $file in */applied.config | */sysctls.json) ;; *) echo '{"a' > $file;; esac; done`,
    );
    expect(await router.run(["restart"])).toMatchObject({ exitCode: 0 });
    expect(difference(old, await readState(router), KERNEL)).toEqual([]);
    expect(JSON.parse(await router.sh(`cat ${RUN}/state.json`))).toMatchObject({ version: 1 });
  });

  test("the applied configuration cut off: refused with the file's name, nothing changed; a commit puts it right", async () => {
    const old = await readState(router);
    await router.sh(
      `rm -f ${RUN}/applied.json; head -c 101 ${RUN}/applied.config > /run/pr/cut; cp /run/pr/cut ${RUN}/applied.config`,
    );
    const { exitCode, stderr } = await router.program(["restart"]);
    expect({ exitCode, stderr }).toMatchObject({ stderr: expect.stringContaining("applied.config") });
    expect([1, 2]).toContain(exitCode);
    expect(difference(old, await readState(router), KERNEL)).toEqual([]);
    await reach(router, A);
    expect(difference(old, await readState(router))).toEqual([]);
  });
});

describe("counters", () => {
  test.each(IPTABLES)("a commit that changes one rule leaves the counters of other chains alone (%s)", async (frontEnd) => {
    const router = await openNamespace(frontEnd);
    try {
      await reach(router, A);
      // Gateways that nobody answers for would be reported to the sender by a packet of its own, seconds later.
      await router.sh(
        "for way in '198.51.100.1 dev eth1' '203.0.113.1 dev eth2'; do ip neigh replace $way lladdr 02:00:00:00:00:09 nud permanent; done",
      );
      await router.sh("for i in 1 2 3 4 5 6 7; do bash -c 'echo hello > /dev/udp/192.0.2.9/123'; done");
      const counted = async () =>
        (await router.sh("iptables-save -c -t mangle"))
          .split("\n")
          .filter((line) => /-A (POLICY_ROUTE_(OUT|LOC|KEEP|T_\d+|PIN)|OUTPUT|POSTROUTING|PREROUTING) /.test(line));
      const before = await counted();
      expect(before.filter((line) => !line.startsWith("[0:0]")).length).toBeGreaterThan(3);
      await reach(
        router,
        A.map((line) => (line === "rule 20 destination port 25" ? "rule 20 destination port 26" : line)),
      );
      expect(await counted()).toEqual(before);
      await reach(router, B);
      expect(await counted()).not.toEqual(before);
    } finally {
      await router.stop();
    }
  });
});
