import type { Check } from "./check.ts";
import { DEFAULT_BURST } from "./rule-schema.ts";
import type { Rule } from "./schema.ts";
import { UNITS } from "./values/rate.ts";

/** The longest tick of a kernel (HZ 100): xt_hashlimit fills its bucket once in each, nftables all the time. */
const TICK = 0.01;

/** xt_hashlimit forgets a bucket after a time in milliseconds of 32 bits; before that it has to be full again. */
const LONGEST_DAYS = 24;

/** What a limit needs to mean the same in both backends: a bucket in one place, that holds what comes in between two ticks. */
export function checkRuleLimit(check: Check, path: readonly string[], rule: Rule): void {
  const { rate, burst = DEFAULT_BURST } = rule.limit;
  if (rate === undefined) {
    if (rule.limit.burst !== undefined && !check.isBroken([...path, "limit"]))
      check.error(path, "limit burst needs limit rate: set one, 5/second, or delete the burst");
    return;
  }
  const perSecond = rate.count / UNITS[rate.unit];
  const least = 1 + Math.ceil(perSecond * TICK);
  if (burst < least)
    check.error(
      path,
      `limit burst ${burst} is too small for rate ${rate.text}: iptables counts time in steps of up to 10 ms, so the burst has to be at least ${least}`,
    );
  const days = burst / perSecond / UNITS.day;
  if (days > LONGEST_DAYS)
    check.error(
      path,
      `limit burst ${burst} takes ${Math.ceil(days)} days to fill at rate ${rate.text}: iptables remembers it for ${LONGEST_DAYS} at most, make it smaller`,
    );
  if (rule.traffic === "all")
    check.error(
      path,
      "limit cannot be with traffic all: what is forwarded and what the router makes are asked in two places, each with a limit of its own; make it two rules",
    );
  if (rule.log === "enable")
    check.error(path, "log enable cannot be together with limit: each logged connection would count twice; delete one of them");
}
