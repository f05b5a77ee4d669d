import type { Check } from "./check.ts";
import { ruleTime } from "./rule-time.ts";
import type { Rule } from "./schema.ts";

/** When a rule is at work. */
export function checkRuleTime(check: Check, path: readonly string[], rule: Rule): void {
  const { time } = rule;
  const found = ruleTime(rule);
  if (found === undefined) {
    if (time.utc && !check.isBroken([...path, "time"]))
      check.error(path, "time utc says nothing by itself: set a date, a time of day or days beside it, or delete it");
    return;
  }
  if (!time.utc)
    check.error(
      path,
      'time needs "utc": the kernel knows no local time with summer time; set "time utc" and give dates and times in UTC',
    );
  if (found.from !== undefined && found.until !== undefined && found.from > found.until)
    check.error(
      path,
      `time startdate ${time.startdate?.text} is after stopdate ${time.stopdate?.text}: the rule can never match`,
    );
  if (found.hours !== undefined && found.hours.first === found.hours.last)
    check.error(path, "time starttime and stoptime are the same second: a window needs a beginning and an end");
}
