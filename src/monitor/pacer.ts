import { Doubling } from "./doubling.ts";
import type { Wake } from "./wake.ts";

/** Milliseconds between two looks when nothing happens. */
const REGULAR = 30_000;

/** A hook or a commit reconciles by itself: it is given time to, and looked after. */
const OTHERS_WORK = 300;

/** So many looks in a row may find nothing to do, with short breaks; then somebody is only noisy, and breaks get longer. */
const PATIENCE = 20;
const BREAK = 25;

/** Events may shorten the pause after a failure to this many milliseconds. */
const HASTE = 5000;

/** What came of a look. */
export type Outcome =
  /** `complaints`: the kernel still does otherwise, so that it is looked at again soon. */
  { readonly kind: "changed" | "nothing"; readonly complaints: boolean } | { readonly kind: "failed" };

/**
 * When the next look is due. The first event after a quiet time is answered at once; what comes while a look is under way is
 * one more look after it. A look that fails is repeated after a pause that doubles. All times in milliseconds, of one clock.
 */
export class Pacer {
  private pending = new Map<Wake, number>();
  private regular: number;
  private notBefore = 0;
  private truceEnd: number | undefined;
  private alarm = Number.POSITIVE_INFINITY;
  private fruitless = 0;
  private ended = 0;
  private readonly failures = new Doubling(1000, 60_000);
  private readonly doubts = new Doubling(1000, REGULAR);

  constructor(now: number) {
    this.regular = now + REGULAR;
  }

  /** Something happened. */
  note(wake: Wake, now: number): void {
    const due = wake === "lease" || wake === "commit" ? now + OTHERS_WORK : now;
    this.pending.set(wake, Math.min(due, this.pending.get(wake) ?? due));
  }

  /** Something will happen at a time that is known: a member of a group has its traffic back. Takes the place of what was said before. */
  expect(at: number | undefined): void {
    this.alarm = at ?? Number.POSITIVE_INFINITY;
  }

  /** The time of the next look; in the past when it is overdue. */
  due(): number {
    const wishes = [this.regular, this.alarm, this.truceEnd ?? Number.POSITIVE_INFINITY, ...this.pending.values()];
    return Math.max(this.notBefore, Math.min(...wishes));
  }

  /** A look begins; gives what it is for. What happens from now on is for the next one. */
  begin(now: number): readonly Wake[] {
    if (now - this.ended > 2000) this.fruitless = 0;
    if (this.truceEnd !== undefined && this.truceEnd <= now) {
      this.truceEnd = undefined;
      // Who came in front meanwhile is there still, and does not say so again.
      this.note("tables", now);
    }
    const wakes = [...this.pending.keys()];
    if (this.alarm <= now) {
      wakes.push("hold");
      this.alarm = Number.POSITIVE_INFINITY;
    }
    this.pending = new Map();
    return wakes.length === 0 ? ["timer"] : wakes;
  }

  end(outcome: Outcome, now: number): void {
    this.ended = now;
    this.notBefore = now;
    this.regular = now + REGULAR;
    if (outcome.kind === "failed") {
      const pause = this.failures.take();
      this.regular = now + pause;
      // What failed may be cured by the next event; yet a noisy neighbour must not make it a busy loop.
      this.notBefore = now + Math.min(pause, HASTE);
      return;
    }
    this.failures.reset();
    if (outcome.complaints) this.regular = now + this.doubts.take();
    else this.doubts.reset();
    this.fruitless = outcome.kind === "changed" ? 0 : this.fruitless + 1;
    if (this.fruitless > 1) this.notBefore = now + Math.min(1000, BREAK * 2 ** Math.max(0, this.fruitless - PATIENCE));
  }

  /** The order of rules is to be left as it is for a while, whoever changes it. All else is looked after as ever. */
  truce(pause: number, now: number): void {
    this.truceEnd = Math.max(this.truceEnd ?? 0, now + pause);
  }

  /** Whether there was a truce when the look began that began last. */
  inTruce(): boolean {
    return this.truceEnd !== undefined;
  }
}
