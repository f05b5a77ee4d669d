import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { formatShown } from "../../../src/show/format-shown.ts";
import { SHOWN } from "../../../src/show/json-shown.ts";
import { show } from "../../../src/show/show.ts";
import type { ProbesKnown } from "../../../src/uplink/health-file.ts";
import { makeSight, SEED } from "./make-sight.ts";

const LINES = `${SEED.lines}
    uplink dsl health target gateway
    uplink dsl health target 9.9.9.9 type tcp
    uplink dsl health target 9.9.9.9 port 443
    uplink dsl health minimum-targets 2`;

const NOON = 1_800_014_400;
const OK = { state: "ok", against: 0, since: NOON - 60, last: { outcome: "answered", words: "1.2 ms" } } as const;
const FAILED = { state: "failed", against: 0, since: NOON, last: { outcome: "failed", words: "timeout" } } as const;

const UP: ProbesKnown = new Map([["dsl", { verdict: "up", since: NOON, flaps: 0, targets: { gateway: OK, "9.9.9.9": OK } }]]);
const DOWN: ProbesKnown = new Map([
  [
    "dsl",
    {
      verdict: "down",
      reason: "1 of 2 targets failed: 9.9.9.9 timeout",
      since: NOON,
      flaps: 0,
      heldUntil: NOON + 10,
      targets: { gateway: OK, "9.9.9.9": FAILED },
    },
  ],
]);

function text(probes: ProbesKnown, facts: string, view?: "uplink"): string {
  const shown = show(makeSight(LINES, facts, { probes }));
  z.parse(SHOWN, JSON.parse(JSON.stringify(shown)));
  return formatShown(shown, view, { detail: true, at: NOON });
}

describe("health", () => {
  it("is a column of the overview", () => {
    expect(text(UP, SEED.facts)).toMatch(/Mark +Health$/m);
    expect(text(UP, SEED.facts)).toMatch(/^dsl .* 0x01400000 {2}2\/2 ok$/m);
    expect(text(new Map(), SEED.facts)).toMatch(/^dsl .* not known$/m);
    expect(text(UP, SEED.facts.replace("eth1 up", "eth1 no-carrier"))).toMatch(/^dsl .* no link$/m);
    expect(formatShown(show(makeSight(SEED.lines, SEED.facts)), undefined, { detail: false, at: NOON })).not.toContain("Health");
  });

  it("says why an uplink is down, and when it may come back", () => {
    const facts = `${SEED.facts}\nhealth dsl down 1 of 2 targets failed: 9.9.9.9 timeout`;
    expect(text(DOWN, facts)).toMatch(/^dsl .* down .* 1\/2 ok$/m);
    expect(text(DOWN, facts)).toContain("- policy-route uplink dsl: down, 1 of 2 targets failed: 9.9.9.9 timeout\n");
    const all = text(DOWN, facts, "uplink").replaceAll(/\n {18}/g, " ");
    expect(all).toContain(
      "down since 2027-01-15 12:00:00 UTC, 1 of 2 targets failed: 9.9.9.9 timeout, held down until 2027-01-15 12:00:10 UTC; 2 of 2 targets have to answer",
    );
    expect(all).toContain("gateway (ping): ok since 2027-01-15 11:59:00 UTC, 1.2 ms");
    expect(all).toContain("9.9.9.9 (tcp 443): failed since 2027-01-15 12:00:00 UTC, timeout");
  });

  it("knows that no verdict is no objection", () => {
    const all = text(new Map(), SEED.facts, "uplink").replaceAll(/\n {18}/g, " ");
    expect(all).toContain("no verdict yet, which counts as up; 2 of 2 targets have to answer");
    expect(all).toContain("gateway (ping): not known yet");
  });
});
