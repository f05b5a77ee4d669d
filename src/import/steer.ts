import type { Family } from "../net/address.ts";
import { ANY, both, type Condition } from "./condition.ts";
import { type FoundUplinks, tableId } from "./find-uplinks.ts";
import { assume, type Decision, type Findings, type FoundRule, leave, type Place } from "./findings.ts";
import type { Way } from "./imported.ts";

/** One step of a list where the first match decides. */
export interface Steering {
  readonly at: Place;
  readonly condition: Condition;
  readonly way: Way;
  /** The mark in between, 0 without one. */
  readonly mark: number;
  readonly log?: boolean;
  readonly description?: string;
}

/** The ip rules of a family in the order the kernel asks them. One without a preference goes in front of all before it. */
export function orderedRules(findings: Findings, family: Family): FoundRule[] {
  let lowest = 32766;
  return findings.rules
    .filter((rule) => rule.family === family)
    .map((rule) => {
      const preference = rule.preference ?? lowest - 1;
      lowest = Math.min(lowest, preference);
      return { ...rule, preference };
    })
    .sort((a, b) => a.preference - b.preference);
}

/** The number of the table main (rtnetlink(7)). */
const MAIN = 254;

/** Whether packets with the mark are meant; a rule without one means all. */
export function takesMark({ mark }: FoundRule, value: number): boolean {
  return mark === undefined || (value & mark.mask) >>> 0 === mark.value;
}

/** What decisions of chains and the ip rules after them come to. `rules` in their order, those for this traffic only. */
export function steer(
  findings: Findings,
  uplinks: FoundUplinks,
  decisions: readonly Decision[],
  rules: readonly FoundRule[],
): Steering[] {
  const last = decisions.at(-1);
  const at = rules[0]?.at ?? last?.at;
  const isWhole = last === undefined || last.condition.size > 0;
  const all: readonly Decision[] =
    isWhole && at !== undefined ? [...decisions, { at, condition: ANY, mark: 0, connection: 0, drops: false }] : decisions;
  const head = leadingRules(decisions, rules);
  const rest = rules.slice(head.length);
  const list: Steering[] = head.map((rule) => ({
    at: rule.at,
    condition: rule.condition,
    way: wayOfRule(findings, uplinks, rule),
    mark: 0,
  }));
  for (const decision of all) {
    const { mark, log, description, drops, table } = decision;
    const say = { mark, ...(log === undefined ? {} : { log }), ...(description === undefined ? {} : { description }) };
    const direct: Way | undefined = drops
      ? { kind: "drop" }
      : table === undefined
        ? undefined
        : (uplinks.ways.get(tableId(findings, table)) ?? { kind: "exempt" });
    const asked = drops ? [] : table === undefined ? rest : rest.filter((rule) => isBefore(rule, table));
    list.push(...throughRules(findings, uplinks, decision, asked, direct).map((one) => ({ ...say, ...one })));
  }
  return list;
}

/** Whether an ip rule comes before that of a router's table, whose preference is the table's number (VyOS, policy_route.py). */
function isBefore({ mark, preference = 0 }: FoundRule, table: string): boolean {
  return mark === undefined && preference < (table === "main" ? MAIN : Number(table));
}

/** The ip rules that take their packets whatever the chains say: they can be said once, in front of everything. */
function leadingRules(decisions: readonly Decision[], rules: readonly FoundRule[]): readonly FoundRule[] {
  const firstMarked = rules.findIndex(({ mark }) => mark !== undefined);
  const leading = rules.slice(0, firstMarked < 0 ? rules.length : firstMarked);
  const isFirst = decisions.every(
    ({ drops, table }) => !drops && (table === undefined || leading.every((rule) => isBefore(rule, table))),
  );
  return isFirst ? leading : [];
}

/** One decision's packets among the ip rules: each rule that can take them, up to the first that takes all of them; then `direct`. */
function throughRules(
  findings: Findings,
  uplinks: FoundUplinks,
  { at, condition, mark }: Decision,
  rules: readonly FoundRule[],
  direct: Way = { kind: "exempt" },
): Pick<Steering, "at" | "condition" | "way">[] {
  const list: Pick<Steering, "at" | "condition" | "way">[] = [];
  const concerned = rules.filter((rule) => takesMark(rule, mark));
  if (mark !== 0 && !concerned.some((rule) => rule.mark !== undefined))
    leave(findings, at, `mark ${mark} leads nowhere: there is no ip rule for it here`);
  for (const [i, rule] of concerned.entries()) {
    const meet = both(condition, rule.condition);
    if (meet === "never") continue;
    if (meet === "unwritable") {
      leave(findings, rule.at, `what line ${at.line} marks and this matches: our rules cannot say both at once`);
      continue;
    }
    const way = wayOfRule(findings, uplinks, rule);
    list.push({ at: condition.size === 0 ? rule.at : at, condition: meet, way });
    if (rule.condition.size > 0) continue;
    killSwitch(findings, uplinks, way, concerned[i + 1]);
    return list;
  }
  list.push({ at, condition, way: direct });
  return list;
}

/** A rule behind that refuses what the table has no route for any more. */
function killSwitch(findings: Findings, { uplinks }: FoundUplinks, way: Way, next: FoundRule | undefined): void {
  if (way.kind !== "uplink" || next === undefined || next.condition.size > 0) return;
  if ("refuse" in next.does) uplinks.get(way.name)?.leaves.set("if-down", next.does.refuse);
  else if (next.mark !== undefined) leave(findings, next.at, "a second table for the same packets: make a group of both uplinks");
}

function wayOfRule(findings: Findings, { ways }: FoundUplinks, { at, does }: FoundRule): Way {
  if ("table" in does) return ways.get(tableId(findings, does.table)) ?? { kind: "exempt" };
  if (does.refuse === "blackhole") return { kind: "drop" };
  if (does.refuse === "unreachable") assume(findings, at, 'refused with "administratively prohibited" rather than "unreachable"');
  return { kind: "prohibit" };
}
