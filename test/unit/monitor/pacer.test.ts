import { describe, expect, test } from "vitest";
import { Doubling } from "../../../src/monitor/doubling.ts";
import { Fight } from "../../../src/monitor/fight.ts";
import { Pacer } from "../../../src/monitor/pacer.ts";

const NOTHING = { kind: "nothing", complaints: false } as const;
const CHANGED = { kind: "changed", complaints: false } as const;

describe("when to look", () => {
  test("each 30 s when nothing happens", () => {
    const pacer = new Pacer(0);
    expect(pacer.due()).toBe(30_000);
    expect(pacer.begin(30_000)).toEqual(["timer"]);
    pacer.end(NOTHING, 30_040);
    expect(pacer.due()).toBe(60_040);
  });

  test("at once after a quiet time, once for all that came meanwhile", () => {
    const pacer = new Pacer(0);
    pacer.note("rule", 5000);
    pacer.note("tables", 5002);
    expect(pacer.due()).toBe(5000);
    expect(pacer.begin(5003)).toEqual(["rule", "tables"]);
    pacer.note("tables", 5010);
    pacer.note("tables", 5011);
    pacer.end(CHANGED, 5050);
    expect(pacer.due()).toBe(5050);
    expect(pacer.begin(5050)).toEqual(["tables"]);
    pacer.end(NOTHING, 5090);
    expect(pacer.due()).toBe(35_090);
  });

  test("at a time that was said, and not again", () => {
    const pacer = new Pacer(0);
    pacer.expect(7000);
    expect(pacer.due()).toBe(7000);
    pacer.note("link", 5000);
    expect(pacer.begin(5000)).toEqual(["link"]);
    pacer.end(NOTHING, 5040);
    expect(pacer.due()).toBe(7000);
    expect(pacer.begin(7000)).toEqual(["hold"]);
    pacer.end(NOTHING, 7040);
    expect(pacer.due()).toBe(37_040);
    pacer.expect(8000);
    pacer.expect(undefined);
    expect(pacer.due()).toBe(37_040);
  });

  test("a hook or a commit is given time to reconcile by itself", () => {
    const pacer = new Pacer(0);
    pacer.note("lease", 100);
    expect(pacer.due()).toBe(400);
    pacer.note("link", 150);
    expect(pacer.due()).toBe(150);
  });

  test("a neighbour that is only noisy costs less and less", () => {
    const pacer = new Pacer(0);
    let now = 0;
    let looks = 0;
    for (; now < 60_000; looks++) {
      pacer.note("tables", now);
      now = Math.max(now, pacer.due());
      pacer.begin(now);
      now += 40;
      pacer.end(NOTHING, now);
    }
    expect(looks).toBeLessThan(90);
    // Once it is quiet, the next event is answered at once.
    now += 5000;
    pacer.note("tables", now);
    expect(pacer.due()).toBe(now);
  });

  test("after a failure with pauses that double to 60 s, which events shorten to 5 s at most", () => {
    const pacer = new Pacer(0);
    let now = 0;
    const pauses = [];
    for (let i = 0; i < 8; i++) {
      pacer.begin(now);
      pacer.end({ kind: "failed" }, now);
      pauses.push((pacer.due() - now) / 1000);
      now = pacer.due();
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    pacer.begin(now);
    pacer.end({ kind: "failed" }, now);
    pacer.note("link", now);
    expect(pacer.due()).toBe(now + 5000);
    pacer.begin(now + 5000);
    pacer.end(NOTHING, now + 5000);
    pacer.begin(now + 40_000);
    pacer.end({ kind: "failed" }, now + 40_000);
    expect(pacer.due()).toBe(now + 41_000);
  });

  test("soon again while the kernel does otherwise", () => {
    const pacer = new Pacer(0);
    pacer.begin(0);
    pacer.end({ kind: "nothing", complaints: true }, 0);
    expect(pacer.due()).toBe(1000);
    pacer.begin(1000);
    pacer.end({ kind: "nothing", complaints: true }, 1000);
    expect(pacer.due()).toBe(3000);
    pacer.begin(3000);
    pacer.end(NOTHING, 3000);
    expect(pacer.due()).toBe(33_000);
  });

  test("a truce delays no look: these leave the order of rules alone, until its end is one that does not", () => {
    const pacer = new Pacer(0);
    pacer.begin(0);
    expect(pacer.inTruce()).toBe(false);
    pacer.end(CHANGED, 10);
    pacer.truce(4000, 10);
    pacer.note("tables", 500);
    expect(pacer.due()).toBe(500);
    expect(pacer.begin(500)).toEqual(["tables"]);
    expect(pacer.inTruce()).toBe(true);
    pacer.end(NOTHING, 540);
    expect(pacer.due()).toBe(4010);
    expect(pacer.begin(4010)).toEqual(["tables"]);
    expect(pacer.inTruce()).toBe(false);
    pacer.end(NOTHING, 4050);
    expect(pacer.due()).toBe(34_050);
  });

  test("of two truces the longer one holds", () => {
    const pacer = new Pacer(0);
    pacer.truce(4000, 0);
    pacer.truce(1000, 0);
    expect(pacer.due()).toBe(4000);
  });
});

describe("a fight for the first place", () => {
  test("is broken off after 12 rounds within 30 s, each time for longer", () => {
    const fight = new Fight();
    for (let round = 1; round <= 12; round++) expect(fight.met("WANLOADBALANCE_PRE", round * 100)).toBe(undefined);
    expect(fight.met("WANLOADBALANCE_PRE", 1300)).toEqual({ culprit: "WANLOADBALANCE_PRE", pause: 1000 });
    expect(fight.met("WANLOADBALANCE_PRE", 2300)).toMatchObject({ pause: 2000 });
    expect(fight.met("OTHER", 2300)).toBe(undefined);
    expect(fight.met("WANLOADBALANCE_PRE", 2300 + 33_000)).toBe(undefined);
  });

  test("goes on with truces while the other goes on", () => {
    const fight = new Fight();
    const pauses: number[] = [];
    for (let now = 0; now < 600_000; ) {
      const truce = fight.met("X", now);
      if (truce !== undefined) pauses.push(truce.pause);
      now += truce?.pause ?? 100;
    }
    expect(pauses.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });
});

test("a pause doubles between its bounds", () => {
  const pause = new Doubling(10, 60);
  expect([pause.take(), pause.take(), pause.take(), pause.take(), pause.take()]).toEqual([10, 20, 40, 60, 60]);
  pause.reset();
  expect(pause.take()).toBe(10);
});
