import { expect, test } from "vitest";
import {
  type Liveness,
  NO_LIVENESS,
  objection,
  parseForced,
  parseLiveness,
  renderForced,
  renderLiveness,
} from "../../../src/uplink/liveness.ts";

const KNOWN: Liveness = {
  health: new Map([
    ["dsl", { verdict: "down", reason: "2 of 3 targets failed: 9.9.9.9 timeout", since: 1_800_000_000.25 }],
    ["lte", { verdict: "unknown", since: 1_800_000_001 }],
  ]),
  held: new Map([
    [
      "web",
      new Map([
        ["dsl", 1_800_000_100],
        ["lte", undefined],
      ]),
    ],
  ]),
  flaps: new Map([["dsl", { outage: "link", flaps: 2, since: 1_800_000_070.5, byLink: true }]]),
};

test("what the monitor leaves is read back as it was", () => {
  expect(parseLiveness(renderLiveness(KNOWN))).toEqual(KNOWN);
  const forced = new Map([["dsl", "down"]] as const);
  expect(parseForced(renderForced(forced))).toEqual(forced);
});

test("a damaged file says nothing", () => {
  for (const text of [
    undefined,
    "",
    "{",
    "[]",
    "null",
    '{"health":[],"held":7}',
    '{"health":{"dsl":{"verdict":"sick","since":1}}}',
    '{"flaps":{"dsl":{"outage":"bored","flaps":1,"since":1,"byLink":true}}}',
  ])
    expect(parseLiveness(text)).toEqual(NO_LIVENESS);
  expect(parseForced('{"dsl":"sideways"}')).toEqual(new Map());
});

test("the operator's word counts before the probes', and no verdict counts as up", () => {
  expect(objection("dsl", KNOWN, new Map())).toBe("2 of 3 targets failed: 9.9.9.9 timeout");
  expect(objection("lte", KNOWN, new Map())).toBeUndefined();
  expect(objection("dsl", KNOWN, new Map([["dsl", "up"]]))).toBeUndefined();
  expect(objection("lte", KNOWN, new Map([["lte", "down"]]))).toBe("forced down by the operator");
});
