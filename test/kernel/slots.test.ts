import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { readState } from "../support/namespace-state.ts";
import { reach } from "./reach.ts";
import { askMarks, marksInChains } from "./ways.ts";

let router: Namespace;
beforeAll(async () => {
  router = await openNamespace("iptables-nft");
});
afterAll(() => router?.stop());
beforeEach(async () => {
  await reach(router, []);
  await router.sh("conntrack -F 2>/dev/null");
});

const uplink = (name: string, ...more: string[]) =>
  ["interface eth1", "gateway 198.51.100.1", "track-inbound disable", ...more].map((line) => `uplink ${name} ${line}`);

/** Connections by their destination port, with their mark: [4000, 0x100000]. */
async function connections(): Promise<[number, number][]> {
  const text = await router.sh("for f in ipv4 ipv6; do conntrack -L -f $f 2>/dev/null; done");
  return [...text.matchAll(/sport=7 dport=(\d+) .* mark=(\d+)/g)]
    .map((found): [number, number] => [Number(found[1]), Number(found[2])])
    .sort(([a], [b]) => a - b);
}

async function connect(...entries: readonly [number, number][]): Promise<void> {
  for (const [port, mark] of entries) {
    const ends = port % 2 === 0 ? "-s 192.168.188.9 -d 192.0.2.1" : "-s 2001:db8:a::9 -d 2600::1";
    await router.sh(`conntrack -I -p udp ${ends} --sport 7 --dport ${port} -t 600 -m ${mark} 2>/dev/null`);
  }
}

async function marks(): Promise<Record<string, number>> {
  return Object.fromEntries([...marksInChains(await readState(router), "ipv4")].map(([owner, mark]) => [owner, Number(mark)]));
}

const SLOT = 0x100000;

test("slots stay where they are when uplinks come and go, and come back to their owner", async () => {
  await reach(router, [...uplink("b"), ...uplink("d")]);
  expect(await marks()).toEqual({ "uplink b": SLOT, "uplink d": 2 * SLOT });
  await reach(router, [...uplink("a"), ...uplink("b"), ...uplink("c"), ...uplink("d")]);
  expect(await marks()).toEqual({ "uplink a": 3 * SLOT, "uplink b": SLOT, "uplink c": 4 * SLOT, "uplink d": 2 * SLOT });
  await reach(router, [...uplink("a"), ...uplink("d")]);
  await reach(router, [...uplink("a"), ...uplink("d"), ...uplink("e")]);
  expect(await marks()).toEqual({ "uplink a": 3 * SLOT, "uplink d": 2 * SLOT, "uplink e": 5 * SLOT });
  await reach(router, [...uplink("b"), ...uplink("c"), ...uplink("d")]);
  expect(await marks()).toEqual({ "uplink b": SLOT, "uplink c": 4 * SLOT, "uplink d": 2 * SLOT });
});

test("a mark changes hands: its connections are forgotten in both families, others stay", async () => {
  await reach(router, [...uplink("a", "mark 1"), ...uplink("b", "mark 2")]);
  await connect([10, SLOT], [11, SLOT | 0x08000000], [12, 2 * SLOT], [13, (2 * SLOT) | 0x1f], [14, 0x7f00000], [15, 0x55]);
  await reach(router, [...uplink("b", "mark 2"), ...uplink("c", "mark 1")]);
  expect(await connections()).toEqual([
    [12, 2 * SLOT],
    [13, (2 * SLOT) | 0x1f],
    [14, 0x7f00000],
    [15, 0x55],
  ]);
});

test("an uplink that goes leaves its connections to themselves; the next owner of its mark does not get them", async () => {
  await reach(router, [...uplink("a", "mark 1"), ...uplink("b", "mark 2")]);
  await connect([10, SLOT], [12, 2 * SLOT]);
  await reach(router, uplink("b", "mark 2"));
  expect(await connections()).toHaveLength(2);
  await reach(router, [...uplink("b", "mark 2"), ...uplink("c", "mark 1")]);
  expect(await connections()).toEqual([[12, 2 * SLOT]]);
});

test("an uplink that gets another mark: its connections are judged anew instead of going on by main", async () => {
  const rule = ["rule 10 traffic local", "rule 10 set uplink a"];
  await reach(router, [...uplink("a", "mark 1", "if-down prohibit"), ...rule]);
  await connect([10, SLOT], [11, SLOT]);
  await reach(router, [...uplink("a", "mark 9", "if-down prohibit"), ...rule]);
  expect(await connections()).toEqual([]);
});

test("a member leaves its group: its connections are the group's again, those of the others stay", async () => {
  const group = ["group g uplink a", "group g if-down prohibit"];
  const rule = ["rule 10 traffic local", "rule 10 set group g"];
  await reach(router, [...uplink("a", "mark 1"), ...uplink("b", "mark 2"), ...group, "group g uplink b", ...rule]);
  expect(await marks()).toMatchObject({ "group g": 3 * SLOT, "member g a": 4 * SLOT, "member g b": 5 * SLOT });
  await connect([10, 4 * SLOT], [12, 5 * SLOT], [13, 5 * SLOT], [14, 2 * SLOT]);
  await reach(router, [...uplink("a", "mark 1"), ...uplink("b", "mark 2"), ...group, ...rule]);
  expect(await connections()).toEqual([
    [10, 4 * SLOT],
    [14, 2 * SLOT],
  ]);
});

test("another mark-mask: what was marked in the old one is forgotten", async () => {
  await reach(router, [...uplink("a", "mark 1"), ...uplink("b")]);
  await connect([10, SLOT], [12, 2 * SLOT], [14, 0x7f00000], [15, 0x55]);
  await reach(router, [...uplink("a", "mark 1"), ...uplink("b"), "mark-mask 0x00ff0000"]);
  expect(await connections()).toEqual([[15, 0x55]]);
  expect(await marks()).toEqual({ "uplink a": 0x10000, "uplink b": 0x20000 });
});

test.each([
  ["deleted", [] as string[]],
  ["disabled", [...uplink("a"), "disable"]],
])("everything %s: connections stay, without our bits and with everybody else's", async (_, lines) => {
  await reach(router, uplink("a"));
  await connect([10, SLOT | 0x3], [11, 0x08000000 | SLOT], [15, 0x55]);
  await reach(router, lines);
  expect(await connections()).toEqual([
    [10, 0x3],
    [11, 0],
    [15, 0x55],
  ]);
});

test("killed before connections were forgotten: the next run makes up for it", async () => {
  const from = [...uplink("a", "mark 1"), ...uplink("b", "mark 2")];
  const to = [...uplink("a", "mark 2"), ...uplink("b", "mark 1")];
  await reach(router, from);
  const { changes } = await router.apply(to);
  const forgetting = changes.flatMap((change, i) => (change.startsWith("conntrack -D") ? [i] : []));
  expect(forgetting.length).toBeGreaterThan(3);
  for (const at of forgetting) {
    await reach(router, []);
    await reach(router, from);
    await connect([10, SLOT], [12, 2 * SLOT]);
    expect((await router.apply(to, { at, kind: "die" })).failed).toBe("killed");
    await reach(router, to);
    expect(await connections()).toEqual([]);
  }
});

test("as many uplinks as the mask has room for, one more is refused; then a mark is reused", async () => {
  const many = (count: number, from = 1) => Array.from({ length: count }, (_, i) => uplink(`u${from + i}`)).flat();
  await reach(router, ["mark-mask 0x000f0000", ...many(6)]);
  const refused = await router.apply(["mark-mask 0x000f0000", ...many(7)]);
  expect(refused).toMatchObject({
    failed: "ConfigError",
    message: expect.stringContaining("do not fit into mark-mask 0x000f0000 (6)"),
  });
  await connect([10, 0x10000], [12, 0x20000]);
  await reach(router, ["mark-mask 0x000f0000", ...many(6, 2)]);
  expect(await connections()).toEqual([[12, 0x20000]]);
  expect(await askMarks(router, "ipv4", ["0x10000"])).toEqual(["via 198.51.100.1 dev eth1"]);
  expect(await router.sh(`grep -c '^# slot' ${ROOT}/etc/iproute2/rt_tables.d/policy-route.conf`)).toBe("6\n");
});
