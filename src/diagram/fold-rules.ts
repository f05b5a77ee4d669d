import type { ShownRule } from "../show/model.ts";
import { targetNode } from "./nodes.ts";

/** Rules that are drawn as one box: same target, and packets go the same way now. */
export interface Run {
  readonly rules: readonly ShownRule[];
  readonly node: string;
  /** So many of them get a line of their own; the others are summed up in one. */
  readonly lines: number;
  /** First packets that matched, of all of them; absent when none was counted. */
  readonly newConnections?: number;
  /** Sums of rules that became one set: `10-40`. */
  readonly shared: ReadonlyMap<string, number>;
}

export interface Folded {
  readonly runs: readonly Run[];
  /** Rules with one target were drawn together though others stand between them. */
  readonly gathered: boolean;
}

/** So many lines fit on a page of A4 and can still be read. */
const PAGE = 44;
/** A run of more than this is shortened to `SHORT` lines and one that sums up the rest, when there are too many for a page. */
const LONG = 4;
const SHORT = 3;

/** Puts neighbouring rules with one target together, and where that is not enough for a page all rules with one target. */
export function foldRules(rules: readonly ShownRule[]): Folded {
  const neighbours = runs(rules, (rule, last) => last !== undefined && sameWay(rule, last));
  if (rules.length <= PAGE) return { runs: neighbours.map((run) => count(run, run.length)), gathered: false };
  const shortened = neighbours.map((run) => count(run, run.length > LONG ? SHORT : run.length));
  const needed = shortened.reduce((sum, run) => sum + run.lines + (run.lines < run.rules.length ? 1 : 0), 0);
  if (needed <= PAGE) return { runs: shortened, gathered: false };
  const byWay = new Map<string, ShownRule[]>();
  for (const rule of rules) byWay.set(wayOf(rule), [...(byWay.get(wayOf(rule)) ?? []), rule]);
  return { runs: [...byWay.values()].map((run) => count(run, run.length > LONG ? SHORT : run.length)), gathered: true };
}

function runs(rules: readonly ShownRule[], belongs: (rule: ShownRule, last: ShownRule | undefined) => boolean): ShownRule[][] {
  const found: ShownRule[][] = [];
  for (const rule of rules) {
    const run = found.at(-1);
    if (run !== undefined && belongs(rule, run.at(-1))) run.push(rule);
    else found.push([rule]);
  }
  return found;
}

function sameWay(a: ShownRule, b: ShownRule): boolean {
  return wayOf(a) === wayOf(b);
}

function wayOf(rule: ShownRule): string {
  return JSON.stringify([rule.target, rule.disabled, rule.now.ipv4 ?? "", rule.now.ipv6 ?? ""]);
}

function count(rules: readonly ShownRule[], lines: number): Run {
  const [first] = rules;
  const shared = new Map(
    rules.flatMap((rule) => (rule.countedWith ?? []).map((entry) => [entry.rules, entry.newConnections] as const)),
  );
  const own = rules.flatMap((rule) => (rule.newConnections === undefined ? [] : [rule.newConnections]));
  const all = [...own, ...shared.values()];
  return {
    rules,
    node: first === undefined ? "" : targetNode(first),
    lines,
    ...(all.length === 0 ? {} : { newConnections: all.reduce((sum, one) => sum + one, 0) }),
    shared,
  };
}

/** `10`, `10, 20`, `10 to 900`: for one line that stands for all. */
export function rangeWords(rules: readonly ShownRule[]): string {
  const numbers = rules.map(({ number }) => number);
  return numbers.length <= 3 ? numbers.join(", ") : `${numbers[0]} to ${numbers.at(-1)}`;
}
