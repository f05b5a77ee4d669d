import { LAST_SECOND, parseClock, parseMoment, parseMonthdays, parseWeekdays, weekdayName } from "../config/values/time.ts";
import { InvalidValue } from "../config/values/value.ts";

/** Options of xt_time that our language has a leaf for. */
export const TIME_LEAVES: Readonly<Record<string, string>> = {
  "--datestart": "startdate",
  "--datestop": "stopdate",
  "--timestart": "starttime",
  "--timestop": "stoptime",
  "--weekdays": "weekdays",
  "--monthdays": "monthdays",
};

/** What iptables-save prints where no end was given: the last second it can count. */
const NO_END = "2038-01-19T03:14:07";

/**
 * Lines below `time` of leaves and their values, given in UTC. A window past midnight on some days means another thing without
 * `contiguous`, for which our language has no word. @throws InvalidValue
 */
export function timeLines(leaves: readonly (readonly [leaf: string, value: string])[], contiguous: boolean): string[] {
  const given = new Map(leaves.filter(([leaf, value]) => leaf !== "stopdate" || value !== NO_END));
  const clock = (leaf: string, otherwise: number): number => {
    const text = given.get(leaf);
    return text === undefined ? otherwise : parseClock(text).second;
  };
  for (const leaf of ["startdate", "stopdate"]) parseMoment(given.get(leaf) ?? "2026-01-01");
  const night = clock("starttime", 0) > clock("stoptime", LAST_SECOND);
  const [weekdays, monthdays] = [given.get("weekdays"), given.get("monthdays")];
  if (weekdays !== undefined)
    given.set(
      "weekdays",
      weekdays.replace(/[1-7]/g, (day) => weekdayName(Number(day))),
    );
  parseWeekdays(given.get("weekdays") ?? "Mon");
  parseMonthdays(monthdays ?? "1");
  if (night && (weekdays ?? monthdays) !== undefined && !contiguous)
    throw new InvalidValue(
      "a window past midnight belongs to the day on which it begins: on days without --contiguous it cannot be said",
    );
  return given.size === 0 ? [] : [...[...given].map(([leaf, value]) => `${leaf} ${value}`), "utc"];
}
