import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  afterProbes,
  type HealthSettings,
  holdDown,
  LONGEST_HOLD_DOWN,
  looksDifferent,
  type ProbeResult,
  startHealth,
  type UplinkHealth,
} from "../../../src/uplink/health.ts";
import { parseProbes, renderProbes } from "../../../src/uplink/health-file.ts";

const SETTINGS: HealthSettings = { minimumTargets: 2, failureCount: 2, successCount: 3, holdDown: 10 };
const ANSWERED: ProbeResult = { outcome: "answered", words: "1.0 ms" };
const TIMEOUT: ProbeResult = { outcome: "failed", words: "timeout" };
const UNABLE: ProbeResult = { outcome: "unable", words: "ping is not installed" };
const RESULTS: Readonly<Record<string, ProbeResult>> = { "+": ANSWERED, "-": TIMEOUT, "!": UNABLE };
const T0 = 1_800_000_000;

/** One round per second: each string is a round, its characters the targets a, b, c. */
function played(rounds: readonly string[], settings = SETTINGS, from?: UplinkHealth): UplinkHealth {
  const names = [...(rounds[0] ?? "")].map((_, i) => "abc"[i] ?? "");
  let health = from ?? startHealth(names, T0);
  const start = from === undefined ? T0 : Math.max(T0, from.since) + 1;
  rounds.forEach((round, i) => {
    const results = Object.fromEntries([...round].map((result, n) => [names[n] ?? "", RESULTS[result] ?? UNABLE]));
    health = afterProbes(health, settings, results, start + i);
  });
  return health;
}

describe("the verdict on an uplink", () => {
  it("is unknown at the start, and up with the first answers", () => {
    expect(startHealth(["a"], T0).verdict).toBe("unknown");
    expect(played(["++-"])).toMatchObject({ verdict: "up", since: T0 });
    expect(played(["+--"]).verdict).toBe("unknown");
  });

  it("is down when too few targets can be up, with the reason in words", () => {
    expect(played(["+++", "+--"]).verdict).toBe("up");
    expect(played(["+++", "+--", "+--"])).toMatchObject({
      verdict: "down",
      since: T0 + 2,
      reason: "2 of 3 targets failed: b timeout, c timeout",
    });
    expect(played(["-", "-"], { ...SETTINGS, minimumTargets: 1 }).reason).toBe("1 of 1 target failed: a timeout");
  });

  it("wants failures in a row", () => {
    expect(played(["+++", "---", "+++", "---", "+++"]).verdict).toBe("up");
  });

  it("says nothing when nothing could be probed", () => {
    expect(played(["!!!", "!!!", "!!!"]).verdict).toBe("unknown");
    expect(played(["+++", "!!!", "!!!", "!!!"]).verdict).toBe("up");
  });

  it("comes back after answers in a row, not before the hold-down is over", () => {
    const down = played(["+++", "---", "---"]);
    expect(played(Array(9).fill("+++"), SETTINGS, down).verdict).toBe("down");
    expect(played(Array(10).fill("+++"), SETTINGS, down)).toMatchObject({ verdict: "up", returned: T0 + 12 });
    expect(played(["+++", "+++"], { ...SETTINGS, holdDown: 0 }, down).verdict).toBe("down");
  });

  it("holds an uplink down longer each time it flaps, and forgets that in time", () => {
    let health = played(["+++"]);
    const held: number[] = [];
    for (let flap = 0; flap < 7; flap++) {
      health = played(["---", "---"], SETTINGS, health);
      held.push((health.heldUntil ?? 0) - health.since);
      health = played(Array(301).fill("+++"), SETTINGS, health);
      expect(health.verdict).toBe("up");
    }
    expect(held).toEqual([10, 20, 40, 80, 160, 300, 300]);
    const later = { ...health, since: health.since + LONGEST_HOLD_DOWN, returned: (health.returned ?? 0) - 2 };
    expect(played(["---", "---"], SETTINGS, later)).toMatchObject({ flaps: 0 });
  });

  it("goes on where an earlier run stopped", () => {
    const down = played(["+++", "---", "---"]);
    const saved = parseProbes(renderProbes(new Map([["dsl", down]]))).get("dsl");
    expect(saved).toEqual(down);
    expect(startHealth(["a", "b", "c"], T0 + 100, saved)).toEqual(down);
    expect(Object.keys(startHealth(["b", "d"], T0 + 100, saved).targets)).toEqual(["b", "d"]);
    for (const text of [
      undefined,
      "",
      "[1]",
      '{"dsl":{"verdict":"up"}}',
      '{"dsl":{"verdict":"up","since":1,"flaps":0,"targets":{"a":1}}}',
    ])
      expect(parseProbes(text).size).toBe(0);
  });

  it("shows no difference when only the time of an answer changes", () => {
    const up = played(["+++"]);
    const slower = afterProbes(up, SETTINGS, { a: { outcome: "answered", words: "9.9 ms" } }, T0 + 1);
    expect(looksDifferent(up, slower)).toBe(false);
    expect(looksDifferent(up, played(["+++", "-++"]))).toBe(true);
  });
});

describe("for any results", () => {
  const settings = fc.record({
    minimumTargets: fc.integer({ min: 1, max: 3 }),
    failureCount: fc.integer({ min: 1, max: 4 }),
    successCount: fc.integer({ min: 1, max: 4 }),
    holdDown: fc.integer({ min: 0, max: 400 }),
  });
  const rounds = fc.array(
    fc.tuple(
      fc.constantFrom("+", "-", "!"),
      fc.constantFrom("+", "-", "!"),
      fc.constantFrom("+", "-", "!"),
      fc.integer({ min: 1, max: 60 }),
    ),
    { maxLength: 60 },
  );

  /** Every state on the way, with its time and results. */
  function play(numbers: HealthSettings, steps: readonly [string, string, string, number][]) {
    let now = T0;
    let health = startHealth(["a", "b", "c"], now);
    return steps.map(([a, b, c, seconds]) => {
      now += seconds;
      const results = Object.fromEntries(Object.entries({ a, b, c }).map(([name, key]) => [name, RESULTS[key] ?? UNABLE]));
      const before = health;
      health = afterProbes(health, numbers, results, now);
      return { before, health, now, results: { a, b, c } };
    });
  }

  it("goes down only after failures in a row, comes back only after answers in a row and the hold-down", () => {
    fc.assert(
      fc.property(settings, rounds, (numbers, steps) => {
        const played = play(numbers, steps);
        played.forEach(({ before, health, now }, i) => {
          if (before.verdict === health.verdict) return;
          const count = health.verdict === "down" ? numbers.failureCount : numbers.successCount;
          const sign = health.verdict === "down" ? "-" : "+";
          // What could not be probed neither counts nor interrupts.
          const inRow = (name: "a" | "b" | "c") => {
            const probed = played
              .slice(0, i + 1)
              .map(({ results }) => results[name])
              .filter((result) => result !== "!");
            return probed.slice(-count).filter((result) => result === sign).length === count;
          };
          const names = (["a", "b", "c"] as const).filter(
            (name) => health.targets[name]?.state === (sign === "-" ? "failed" : "ok"),
          );
          if (health.verdict === "down") {
            expect(names.length).toBeGreaterThan(3 - numbers.minimumTargets);
            expect(names.some(inRow)).toBe(true);
            const held = (health.heldUntil ?? 0) - now;
            expect(held).toBeGreaterThanOrEqual(numbers.holdDown);
            expect(held).toBeLessThanOrEqual(Math.max(numbers.holdDown, LONGEST_HOLD_DOWN));
            expect(health.reason).toMatch(/^[1-3] of 3 targets failed: /);
          } else {
            expect(names.length).toBeGreaterThanOrEqual(numbers.minimumTargets);
            expect(health.reason).toBeUndefined();
            if (before.verdict === "down") expect(now).toBeGreaterThanOrEqual(before.heldUntil ?? 0);
          }
        });
      }),
    );
  });

  it("is down after enough failures of all, and up after enough answers and the longest hold-down", () => {
    fc.assert(
      fc.property(settings, rounds, (numbers, steps) => {
        const start = play(numbers, steps).at(-1)?.health ?? startHealth(["a", "b", "c"], T0);
        let now = start.since + 10_000;
        const all = (health: UplinkHealth, result: ProbeResult, times: number) => {
          let at = health;
          for (let i = 0; i < times; i++) at = afterProbes(at, numbers, { a: result, b: result, c: result }, now++);
          return at;
        };
        const down = all(start, TIMEOUT, numbers.failureCount);
        expect(down.verdict).toBe("down");
        now += holdDown(numbers.holdDown, down.flaps);
        expect(all(down, ANSWERED, numbers.successCount).verdict).toBe("up");
      }),
    );
  });
});
