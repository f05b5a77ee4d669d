import { describe, expect, it } from "vitest";
import { groupEvents } from "../../../src/compile/group-events.ts";
import { twoMoments } from "./two-moments.ts";

const UP = "link eth1 up 198.51.100.7/24 2001:db8:1::7/64\nlink eth2 up 192.0.2.7/24 2001:db8:2::7/64";
const A_DOWN = UP.replace("eth1 up", "eth1 no-carrier");
const NONE = A_DOWN.replace("eth2 up", "eth2 no-carrier");
const A_WITHOUT_IPV6 = UP.replace("198.51.100.7/24 2001:db8:1::7/64", "198.51.100.7/24");

const BASE = [
  "uplink a interface eth1",
  "uplink a gateway 198.51.100.1",
  "uplink a gateway6 2001:db8:1::1",
  "uplink b interface eth2",
  "uplink b gateway 192.0.2.1",
  "uplink b gateway6 2001:db8:2::1",
  "group web uplink a priority 10",
  "group web uplink b priority 20",
  "group web if-down prohibit",
];

/** Events between two moments, of which the first may know fewer uplinks. */
function events(before: string, after: string, lines: readonly string[] = [], known = ["a", "b"]) {
  const { config, assignment, former, now } = twoMoments([...BASE, ...lines], before, after);
  const knew = { ...former, uplinks: former.uplinks.filter(({ name }) => known.includes(name)) };
  return groupEvents(config, assignment, ["ipv4", "ipv6"], knew, now);
}

describe("a group that goes by another member", () => {
  it("is one event where both families do the same", () => {
    expect(events(UP, A_DOWN)).toEqual([{ kind: "group", group: "web", uplink: "b", text: "a -> b" }]);
    expect(events(A_DOWN, UP)).toEqual([{ kind: "group", group: "web", uplink: "a", text: "b -> a" }]);
  });

  it("says what counts when nobody is left", () => {
    expect(events(A_DOWN, NONE)).toEqual([{ kind: "group", group: "web", text: "b -> prohibit" }]);
  });

  it("is told of by family where they differ", () => {
    expect(events(UP, A_WITHOUT_IPV6)).toEqual([
      { kind: "group", group: "web", uplink: "b", family: "ipv6", text: "a -> b (ipv6)" },
    ]);
  });

  it("is no event while a member is held back, or nothing changes", () => {
    expect(events(A_DOWN, `${UP}\nheld web a`)).toEqual([]);
    expect(events(UP, UP)).toEqual([]);
    expect(events(`${UP}\nheld web a`, UP)).toEqual([{ kind: "group", group: "web", uplink: "a", text: "b -> a" }]);
  });

  it("has all members that are used in mode balance, and then no single uplink", () => {
    const balance = ["group web mode balance"];
    expect(events(UP, A_DOWN, balance)).toEqual([{ kind: "group", group: "web", uplink: "b", text: "a, b -> b" }]);
    expect(events(A_DOWN, UP, balance)).toEqual([{ kind: "group", group: "web", text: "b -> a, b" }]);
  });
});

it("what was configured a moment ago is no event", () => {
  expect(events(UP, UP, [], ["b"])).toEqual([]);
  expect(events("link eth9 up", UP, [], [])).toEqual([]);
});
