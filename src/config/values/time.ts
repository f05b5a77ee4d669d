import { parseDecimal } from "./number.ts";
import { InvalidValue, type ParseValue, quote, splitNegation } from "./value.ts";

/** A second of the day in UTC, 0-86399, as it was written. */
export interface Clock {
  readonly text: string;
  readonly second: number;
}

/** A second since the epoch, as it was written. */
export interface Moment {
  readonly text: string;
  readonly at: number;
}

/** Days that will do, in order; those of the week count from Monday, 1. Negated ones are counted out already. */
export interface Days {
  readonly text: string;
  readonly days: readonly number[];
}

export const LAST_SECOND = 86_399;
const WEEKDAYS: readonly string[] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LAST_MONTHDAY = 31;

function secondOf(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0);
}

/** `HH:MM` or `HH:MM:SS`. */
export const parseClock: ParseValue<Clock> = (text) => {
  const second = secondOf(text);
  if (second === undefined)
    throw new InvalidValue(`${quote(text)} must be a time of day, 00:00 to 23:59, or with seconds 23:59:59`);
  return { text, second };
};

/** `YYYY-MM-DD`, midnight when it begins, or `YYYY-MM-DDTHH:MM[:SS]`. 1970 to 2037: iptables counts no further. */
export const parseMoment: ParseValue<Moment> = (text) => {
  const [date = "", clock = "00:00"] = text.split("T", 2);
  const second = secondOf(clock);
  const midnight = /^(19[7-9]\d|20[0-2]\d|203[0-7])-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  // Date.parse takes February 30 for March 2.
  const exists = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
  if (second === undefined || !exists || text.split("T").length > 2)
    throw new InvalidValue(
      `${quote(text)} must be a date of 1970 to 2037, 2026-12-24, or with a time of day 2026-12-24T18:00:00`,
    );
  return { text, at: midnight / 1000 + second };
};

/** `[!]Mon,Tue`. */
export const parseWeekdays: ParseValue<Days> = (text) => {
  const words = WEEKDAYS.join(", ");
  return daysOf(text, WEEKDAYS.length, (word) => WEEKDAYS.indexOf(word) + 1, `${words}, with commas between`);
};

/** `[!]1,15,31`. */
export const parseMonthdays: ParseValue<Days> = (text) =>
  daysOf(text, LAST_MONTHDAY, (word) => parseDecimal(word) ?? 0, "days of the month 1-31, with commas between");

function daysOf(text: string, last: number, parse: (word: string) => number, right: string): Days {
  const { negate, rest } = splitNegation(text);
  const named = rest.split(",").map(parse);
  if (named.some((day) => day < 1 || day > last))
    throw new InvalidValue(`${quote(text)} must be ${right}, after "!" for the others`);
  const days = Array.from({ length: last }, (_, i) => i + 1).filter((day) => named.includes(day) !== negate);
  if (days.length === 0) throw new InvalidValue(`${quote(text)} leaves no day`);
  return { text, days };
}

/** `Mon`, of 1. */
export function weekdayName(day: number): string {
  return WEEKDAYS[day - 1] ?? "";
}
