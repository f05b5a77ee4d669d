import { ruleTime } from "../config/rule-time.ts";
import type { Rule } from "../config/schema.ts";
import { weekdayName } from "../config/values/time.ts";
import { utcText } from "../net/utc-text.ts";
import { type Finding, judge } from "./finding.ts";
import type { Packet } from "./packet.ts";

const DAY = 86_400;

/** When a rule is at work, by the moment at which the packet comes. */
export function judgeTime(rule: Rule, { at }: Packet): Finding[] {
  const found = ruleTime(rule);
  if (found === undefined) return [];
  const { time } = rule;
  const { from, until, hours, weekdays, monthdays } = found;
  const findings: Finding[] = [];
  const ask = (what: string, value: string | undefined, wants: string, test: boolean): void => {
    findings.push(judge({ what, value, wants: `${wants} UTC`, test: () => test }));
  };
  const date = at === undefined ? undefined : utcText(at);
  const clock = date?.slice(11);
  const second = at === undefined ? 0 : at % DAY;
  if (from !== undefined) ask("time", date, `from ${time.startdate?.text} on`, (at ?? 0) >= from);
  if (until !== undefined) ask("time", date, `up to ${time.stopdate?.text}`, (at ?? 0) <= until);
  const night = hours !== undefined && hours.first > hours.last;
  if (hours !== undefined) {
    const words = `${time.starttime?.text ?? "00:00"} to ${time.stoptime?.text ?? "23:59:59"}`;
    const [late, early] = [second >= hours.first, second <= hours.last];
    ask("time of day", clock, words, night ? late || early : late && early);
  }
  // A night belongs to the day on which it begins.
  const day = new Date(((at ?? 0) - (night && second <= hours.last ? DAY : 0)) * 1000);
  const weekday = day.getUTCDay() || 7;
  const shown = <T>(value: T): T | undefined => (at === undefined ? undefined : value);
  if (weekdays !== undefined)
    ask("day", shown(weekdayName(weekday)), weekdays.map(weekdayName).join(","), weekdays.includes(weekday));
  if (monthdays !== undefined)
    ask("day of the month", shown(String(day.getUTCDate())), monthdays.join(","), monthdays.includes(day.getUTCDate()));
  return findings;
}
