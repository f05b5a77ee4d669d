import { type Drift, describeDrift } from "../kernel/describe-drift.ts";
import type { KernelObjects } from "../kernel/kernel-objects.ts";
import type { Prepared } from "../prepare.ts";
import type { PolicyEvent } from "../uplink/event.ts";

/** A full flush is one sentence per table; more than this are not read by anybody. */
const DRIFT_LINES = 20;

/** What differs from what was asked for last, and is asked for still: what changed because the world did is no drift. */
export function driftOf(asked: KernelObjects, { target, observed }: Prepared): Drift[] {
  const still = new Set(describeDrift(target, observed).map(({ text }) => text));
  return describeDrift(asked, observed).filter(({ text }) => still.has(text));
}

/** In words, one event each. */
export function tell(drift: readonly Drift[]): PolicyEvent[] {
  const told = drift.slice(0, DRIFT_LINES).map(
    ({ text, culprit }): PolicyEvent => ({
      kind: "drift",
      text: `${text}; ${culprit === undefined ? "put right" : "moved to 1"}`,
    }),
  );
  const more = drift.length - told.length;
  return more === 0 ? told : [...told, { kind: "drift", text: `and ${more} more; put right` }];
}
