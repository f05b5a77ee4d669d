import { describe, expect, test } from "vitest";
import { show } from "../../../src/show/show.ts";
import { linkRate, parseLinkCounters } from "../../../src/watch/link-counters.ts";
import { byteWords, rateWords } from "../../../src/watch/rate-words.ts";
import { ruleRates } from "../../../src/watch/rule-rates.ts";
import { sameEvent, stateChanges } from "../../../src/watch/state-changes.ts";
import { makeSight, SEED } from "../show/make-sight.ts";

/** Linux 6.1 */
const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth1: 5000000000   12345    0    0    0     0          0         7  1234567     890    0    0    0     0       0          0
vlan:7:9 1 0 0 0 0 0 0 8 2 0 0 0 0 0 0
`;

describe("counters of links", () => {
  test("are read from /proc/net/dev", () => {
    const counters = parseLinkCounters(DEV);
    expect([...counters.keys()]).toEqual(["lo", "eth1", "vlan:7"]);
    expect(counters.get("eth1")).toEqual({ inBytes: 5_000_000_000, inPackets: 12_345, outBytes: 1_234_567, outPackets: 890 });
    expect(counters.get("vlan:7")).toEqual({ inBytes: 9, inPackets: 1, outBytes: 8, outPackets: 2 });
    expect(parseLinkCounters("")).toEqual(new Map());
  });

  test("make rates; an interface that was made anew has none at first", () => {
    const before = { inBytes: 1000, inPackets: 10, outBytes: 0, outPackets: 0 };
    const now = { inBytes: 3000, inPackets: 30, outBytes: 10, outPackets: 1 };
    expect(linkRate(before, now, 2)).toEqual({ inBytes: 1000, inPackets: 10, outBytes: 5, outPackets: 0.5 });
    expect(linkRate(now, before, 2)).toBeUndefined();
    expect(linkRate(undefined, now, 2)).toBeUndefined();
    expect(linkRate(before, now, 0)).toBeUndefined();
  });
});

test("rates of rules, where they are counted by themselves", () => {
  const rules = (counts: Readonly<Record<string, number | undefined>>) =>
    Object.entries(counts).map(([number, count]) => {
      const [rule] = show(makeSight(SEED.lines, SEED.facts)).rules ?? [];
      const { newConnections: _, ...rest } = rule ?? expect.fail();
      return { ...rest, number, ...(count === undefined ? {} : { newConnections: count }) };
    });
  const rates = ruleRates(rules({ 10: 100, 20: 5, 30: undefined, 40: 7 }), rules({ 10: 150, 20: 2, 30: 9, 40: 7, 50: 1 }), 10);
  expect([...rates]).toEqual([
    ["10", 5],
    ["40", 0],
  ]);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [999.6, "1.0 kB"],
  [12_345, "12.3 kB"],
  [99_960, "100 kB"],
  [999_999, "1.0 MB"],
  [12_345_678, "12.3 MB"],
  [1.25e12, "1.3 TB"],
  [5e16, "50000 TB"],
])("%d bytes are %s", (bytes, words) => expect(byteWords(bytes)).toBe(words));

test.each([
  [0, "0"],
  [0.04, "0.0"],
  [0.3, "0.3"],
  [9.96, "10"],
  [10_211.4, "10,211"],
])("%d per second is %s", (rate, words) => expect(rateWords(rate)).toBe(words));

test("what changed between two looks, in the monitor's words", () => {
  const at = (facts: string) => {
    const lines = `${SEED.lines}\ngroup web uplink dsl priority 10\nrule 20 set group web\nrule 20 protocol udp`;
    const sight = makeSight(lines, facts);
    return { uplinks: sight.uplinks, shown: show(sight) };
  };
  const [up, down] = [at(SEED.facts), at(SEED.facts.replace("eth1 up", "eth1 no-carrier"))];
  expect(stateChanges(up, up)).toEqual([]);
  expect(stateChanges(up, down)).toEqual([
    { uplink: "dsl", kind: "down", text: "no carrier" },
    { group: "web", kind: "group", text: "dsl, IPv6: main -> main" },
  ]);
  expect(stateChanges(down, up)[0]).toMatchObject({ uplink: "dsl", kind: "up" });
  expect(
    sameEvent({ uplink: "dsl", kind: "down", text: "no carrier" }, { uplink: "dsl", kind: "down", text: "no carrier" }),
  ).toBe(true);
  expect(
    sameEvent({ uplink: "dsl", kind: "down", text: "no carrier" }, { uplink: "lte", kind: "down", text: "no carrier" }),
  ).toBe(false);
});
