import type { Rule } from "./schema.ts";
import { LAST_SECOND } from "./values/time.ts";

/** When a rule takes anything, in UTC. Everything that is there has to hold. */
export interface RuleTime {
  /** Seconds since the epoch, first and last included. */
  readonly from?: number;
  readonly until?: number;
  /** Seconds of the day, first and last included; a window whose first is after its last goes past midnight. */
  readonly hours?: { readonly first: number; readonly last: number };
  /** Monday is 1. Of a window that goes past midnight it is the day on which it begins. */
  readonly weekdays?: readonly number[];
  readonly monthdays?: readonly number[];
}

/** What the leaves of `time` mean together; `undefined` when they say nothing. What is not written of a window is midnight. */
export function ruleTime({ time }: Pick<Rule, "time">): RuleTime | undefined {
  const { startdate, stopdate, starttime, stoptime, weekdays, monthdays } = time;
  const window = { first: starttime?.second ?? 0, last: stoptime?.second ?? LAST_SECOND };
  const found: RuleTime = {
    ...(startdate === undefined ? {} : { from: startdate.at }),
    ...(stopdate === undefined ? {} : { until: stopdate.at }),
    ...(starttime === undefined && stoptime === undefined ? {} : { hours: window }),
    ...(weekdays === undefined ? {} : { weekdays: weekdays.days }),
    ...(monthdays === undefined ? {} : { monthdays: monthdays.days }),
  };
  return Object.keys(found).length === 0 ? undefined : found;
}
