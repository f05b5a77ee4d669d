import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { type Namespace, openNamespace } from "../support/namespace.ts";
import { reach } from "./reach.ts";

/** Everything that decides where a rule goes when lines fail: both modes of groups, every `if-down`, every `failback`. */
const CONFIG = [
  "uplink a interface eth1",
  "uplink a gateway 198.51.100.1",
  "uplink a gateway6 2001:db8:1::1",
  "uplink a if-down prohibit",
  "uplink b interface eth2",
  "uplink b gateway 203.0.113.1",
  "uplink b if-down unreachable",
  "uplink c interface eth3",
  "uplink c gateway 10.3.0.1",
  "uplink c gateway6 2001:db8:3::1",
  "uplink c if-down blackhole",
  "group first uplink a priority 1",
  "group first uplink b priority 2",
  "group first uplink c priority 3",
  "group spread mode balance",
  "group spread uplink a weight 2",
  "group spread uplink b",
  "group spread uplink c",
  "group spread if-down prohibit",
  "group hand failback manual",
  "group hand uplink b priority 1",
  "group hand uplink c priority 2",
  "group hand if-down blackhole",
  ...["uplink a", "uplink b", "uplink c", "group first", "group spread", "group hand"].flatMap((target, i) => [
    `rule ${10 + i} protocol tcp`,
    `rule ${10 + i} destination port ${100 + i}`,
    `rule ${10 + i} set ${target}`,
  ]),
  "rule 20 traffic local",
  "rule 20 protocol udp",
  "rule 20 set group first",
  "rule 30 traffic inbound",
  "rule 30 inbound-interface eth0",
  "rule 30 set reply-uplink b",
  "rule 40 action prohibit",
  "rule 40 protocol icmp",
  "rule 50 set table main",
];

const WIRES = { a: "p1", b: "p2", c: "p3" } as const;
type Name = keyof typeof WIRES;

/** Each of the eight states differs from the one before in one line. */
const STATES: readonly (readonly Name[])[] = [[], ["a"], ["a", "b"], ["b"], ["b", "c"], ["a", "b", "c"], ["a", "c"], ["c"]];

interface Ways {
  readonly rules: readonly { readonly number: string; readonly [when: string]: unknown }[];
  readonly groups: readonly { readonly name: string; readonly [when: string]: unknown }[];
}

describe.each(FRONT_ENDS)("what-if (%s)", (frontEnd) => {
  let router: Namespace;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await router.sh("ip link set p3 up");
    await reach(router, CONFIG);
  });
  afterAll(() => router?.stop());

  const json = async (...words: string[]): Promise<Ways> => {
    const { exitCode, out, message } = await router.run(["show", ...words]);
    expect({ words, exitCode, message }).toEqual({ words, exitCode: 0, message: undefined });
    return JSON.parse(out);
  };
  const ways = ({ rules, groups }: Ways, when: "now" | "after") => ({
    rules: Object.fromEntries(rules.map((rule) => [rule.number, rule[when]])),
    groups: Object.fromEntries(groups.map((group) => [group.name, group[when]])),
  });
  const words = (state: readonly Name[]) =>
    (["a", "b", "c"] as const).flatMap((name) => ["uplink", name, state.includes(name) ? "down" : "up"]);
  const shown = async () => ways(await json(), "now");
  const fail = async (state: readonly Name[]): Promise<void> => {
    await router.sh(
      Object.entries(WIRES)
        .map(([name, wire]) => `ip link set ${wire} ${state.includes(name as Name) ? "down" : "up"}`)
        .join("\n"),
    );
  };
  /** Routing notices carrier up to a second later. */
  const becomes = async (expected: ReturnType<typeof ways>, settle: () => Promise<unknown>): Promise<void> => {
    for (let tries = 0; tries < 30; tries++) {
      await settle();
      if (JSON.stringify(await shown()) === JSON.stringify(expected)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await shown()).toEqual(expected);
  };
  const restart = () => router.run(["restart"]);
  const predict = async (state: readonly Name[]) => ways(await json("what-if", ...words(state)), "after");

  test("all eight states of three uplinks are as they are after really failing", { timeout: 120_000 }, async () => {
    const predicted: ReturnType<typeof ways>[] = [];
    for (const state of STATES) predicted.push(await predict(state));
    expect(new Set(predicted.map((state) => JSON.stringify(state))).size).toBe(8);
    for (const [i, state] of STATES.entries()) {
      await fail(state);
      const expected = predicted[i];
      if (expected !== undefined) await becomes(expected, restart);
    }
    // The other way round: from all but one down, everything up again.
    expect(await predict([])).toEqual(predicted[0]);
    await fail([]);
    await becomes(await predict([]), restart);
  });

  test("what the operator forced stays forced", async () => {
    await router.program(["force", "uplink", "a", "down"]);
    await router.program(["force", "uplink", "c", "up"]);
    const { notes } = (await json("what-if", "uplink", "a", "up")) as unknown as { notes: string[] };
    expect(notes).toEqual([
      'uplink a would still be down: forced down by the operator ("force policy-route uplink a auto" ends that)',
    ]);
    const predicted = await predict(["b", "c"]);
    await fail(["b", "c"]);
    await becomes(predicted, restart);
    await fail([]);
    for (const name of ["a", "c"]) await router.program(["force", "uplink", name, "auto"]);
    await becomes(await predict([]), restart);
  });

  test("with the monitor: a member that is back and held", { timeout: 60_000 }, async () => {
    const daemon = router.daemon(["monitor"]);
    const nothing = async () => {};
    try {
      const liveness = "/run/pr/root/run/policy-route/liveness.json";
      await router.sh(`for i in $(seq 100); do grep -q flaps ${liveness} && exit; sleep 0.1; done; exit 1`);
      const down = await predict(["b"]);
      await fail(["b"]);
      await becomes(down, nothing);
      await router.sh(
        `for i in $(seq 100); do grep -q '"hand": {' ${liveness} && exit; sleep 0.1; done; cat ${liveness}; exit 1`,
      );
      const up = await json("what-if", "uplink", "b", "up");
      expect(up).toMatchObject({ notes: ['group hand: b is up, and held back until "force policy-route group hand failback"'] });
      await fail([]);
      await becomes(ways(up, "after"), nothing);
      expect((await shown()).groups["hand"]).toMatchObject({ ipv4: { to: "uplink", uplink: "c" } });
    } finally {
      daemon.kill();
    }
  });

  if (frontEnd !== "iptables-nft") return;

  test("text, and mistakes", async () => {
    // The monitor may have been stopped in the middle of its work.
    await restart();
    const { stdout } = await router.program(["show", "what-if", "uplink", "c", "down"]);
    expect(stdout).toMatch(/^If uplink c were down\nUplink {2}Now {2}After\n/);
    expect(stdout).toMatch(/^12 +forwarded +tcp dport 102 +uplink c +c +blackhole$/m);
    for (const [argv, message] of [
      ["uplink d down", 'uplink "d" is not configured'],
      ["uplink a", "usage: policy-route what-if"],
      ["uplink a down uplink a up", "uplink a cannot be up and down at once: eth1 either has carrier or has not"],
    ] as const) {
      const result = await router.program(["what-if", ...argv.split(" ")]);
      expect(result).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining(message) });
    }
  });
});
