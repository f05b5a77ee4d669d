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
  const firstMarked = rules.findIndex(({ mark }) => mark !== undefined);
  const leading = rules.slice(0, firstMarked < 0 ? rules.length : firstMarked);
  const rest = rules.slice(leading.length);
  const wayOf = (rule: FoundRule): Way => wayOfRule(findings, uplinks, rule);
  const list: Steering[] = leading.map((rule) => ({ at: rule.at, condition: rule.condition, way: wayOf(rule), mark: 0 }));
  for (const decision of decisions) {
    const { at, mark, log, description } = decision;
    const say = { at, mark, ...(log === undefined ? {} : { log }), ...(description === undefined ? {} : { description }) };
    const direct: Way | undefined = decision.drops
      ? { kind: "drop" }
      : decision.table === undefined
        ? undefined
        : uplinks.ways.get(tableId(findings, decision.table));
    if (direct !== undefined) {
      list.push({ ...say, condition: decision.condition, way: direct });
      continue;
    }
    list.push(...throughRules(findings, uplinks, decision, rest).map((one) => ({ ...say, ...one })));
  }
  if (decisions.length === 0) {
    const all = { at: rules[0]?.at as Place, condition: ANY, mark: 0, connection: 0, drops: false };
    list.push(...throughRules(findings, uplinks, all, rest).map((one) => ({ ...one, mark: 0 })));
  }
  return list;
}

/** One decision's packets among the ip rules: each rule that can take them, up to the first that takes all of them. */
function throughRules(
  findings: Findings,
  uplinks: FoundUplinks,
  { at, condition, mark }: Decision,
  rules: readonly FoundRule[],
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
  if (condition.size > 0) list.push({ at, condition, way: { kind: "exempt" } });
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
