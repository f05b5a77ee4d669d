import { expect, it } from "vitest";
import { broughtInFront, preferences } from "../../../src/compile/preferences.ts";
import { parseCatchAlls } from "../../../src/kernel/iproute.ts";

const AS_CONFIGURED = { fwmark: 600, arrivalGoto: 610, arrivalLookup: 620, arrivalEnd: 630, from: 700, user: 710 };

it("from rule-priority on", () => {
  expect(preferences(600, [], "ipv4")).toMatchObject(AS_CONFIGURED);
});

it("in front of what takes all packets just below, in the same order; in that family only", () => {
  const wgQuick = [598, 599].map((preference) => ({ family: "ipv4" as const, preference }));
  const { fwmark, arrivalGoto, arrivalLookup, arrivalEnd, from, user } = preferences(600, wgQuick, "ipv4");
  const order = [fwmark, arrivalGoto, arrivalLookup, arrivalEnd, from, user];
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(user).toBe(597);
  expect(new Set(order).size).toBe(6);
  expect(preferences(600, wgQuick, "ipv6")).toMatchObject(AS_CONFIGURED);
});

it.each([499, 503, 600, 601, 32766])(
  "a rule at %i is not one that got its place by itself, or there is no room in front",
  (preference) => {
    expect(preferences(600, [{ family: "ipv4", preference }], "ipv4")).toMatchObject(AS_CONFIGURED);
  },
);

it("who was behind such a rule and is in front of it now", () => {
  const ours = (preference: number, family: "ipv4" | "ipv6" = "ipv4") => ({ family, preference, action: { lookup: 2001 } });
  const thief = (preference: number) => [{ family: "ipv4" as const, preference }];
  const [behind, inFront] = [
    [ours(600), ours(700), ours(600, "ipv6")],
    [ours(592), ours(597), ours(600, "ipv6")],
  ];
  expect(broughtInFront(600, thief(599), behind, inFront)).toEqual(["ipv4"]);
  expect(broughtInFront(600, thief(599), inFront, inFront)).toEqual([]);
  // There was no room in front of it, nothing of ours was there, and nothing is.
  expect(broughtInFront(600, thief(503), behind, behind)).toEqual([]);
  expect(broughtInFront(600, thief(599), [ours(600, "ipv6")], inFront)).toEqual([]);
  expect(broughtInFront(600, thief(599), behind, [])).toEqual([]);
  // Put there on purpose.
  expect(broughtInFront(600, thief(499), behind, [ours(400)])).toEqual([]);
});

it("what takes all packets, as ip -N -d -j rule prints it", () => {
  const rule = (words: object) => ({ priority: 599, src: "all", table: "51820", protocol: "3", ...words });
  const takesAll = (words: object) => parseCatchAlls([rule(words)]).length > 0;
  expect(takesAll({})).toBe(true);
  expect(takesAll({ not: null, fwmark: "0xca6c" })).toBe(true);
  expect(takesAll({ table: "254", suppress_prefixlen: 0 })).toBe(true);
  expect(takesAll({ protocol: "157" })).toBe(false);
  expect(takesAll({ fwmark: "0xc9" })).toBe(false);
  expect(takesAll({ not: null })).toBe(false);
  expect(takesAll({ src: "192.0.2.1" })).toBe(false);
  expect(takesAll({ iif: "eth0" })).toBe(false);
  expect(takesAll({ uid_start: 0, uid_end: 0 })).toBe(false);
  expect(takesAll({ dst: "192.0.2.0" })).toBe(false);
});
