import type { ShownRule } from "../show/model.ts";
import { countWords } from "../show/words.ts";
import { type Run, rangeWords } from "./fold-rules.ts";
import { endWords } from "./nodes.ts";
import type { Box, Row } from "./picture.ts";

/** So many lines may have a second one with their description. */
const AIRY = 6;

/**
 * Neighbouring rules with one target: a line each, and one for those that have none of their own. `named`: the target is said too, for pages with so
 * many lines that on paper the eye cannot follow one.
 */
export function ruleBox(run: Run, id: string, named: boolean): Box {
  const own = run.rules.slice(0, run.lines);
  const rest = run.rules.slice(run.lines);
  const rows: Row[] = own.flatMap((rule) => ruleRows(rule, run.rules.length <= AIRY));
  if (rest.length > 0) rows.push({ text: `and ${rest.length} more: ${rangeWords(rest)}`, face: "small", ...countOf(rest) });
  for (const [range, count] of run.shared) {
    rows.push({ text: `${range} share a set and are counted together`, face: "small", right: countWords(count) });
  }
  const [first] = rows;
  if (named && first !== undefined)
    rows[0] = { ...first, right: `${first.right ?? ""} \u2192 ${shortName(run.node)}`.trimStart() };
  const disabled = run.rules[0]?.disabled === true;
  return { id, layer: 0, shape: "rules", dashed: disabled, rows, title: run.rules.map(fullWords).join("\n") };
}

/** `dsl` for an uplink or group, `main table` for an end. */
function shortName(node: string): string {
  return node.startsWith("end ") ? endWords(node)[0] : node.replace(/^(?:uplink|group) /, "");
}

function ruleRows(rule: ShownRule, airy: boolean): Row[] {
  const right = rule.disabled ? { right: "disabled" } : isMissing(rule) ? { right: "not applied" } : countOf([rule]);
  const rows: Row[] = [{ number: rule.number, text: ruleText(rule), face: "text", ...right }];
  if (airy && rule.description !== undefined) rows.push({ number: "", text: rule.description, face: "small" });
  return rows;
}

/** `tcp dport 80,443 from eth0-net`, `local: user mldonkey`, `replies to tcp dport 25` */
export function ruleText(rule: ShownRule): string {
  const matches = rule.matches.length === 0 ? "everything" : rule.matches.join(" ");
  if (rule.target.startsWith("replies by ")) return `replies to ${matches}`;
  return rule.traffic === "forwarded" ? matches : `${rule.traffic === "all" ? "forwarded and local" : rule.traffic}: ${matches}`;
}

export function isMissing({ now }: ShownRule): boolean {
  return now.ipv4?.to === "not-applied" || now.ipv6?.to === "not-applied";
}

function countOf(rules: readonly ShownRule[]): { readonly right?: string } {
  const counts = rules.flatMap((rule) => (rule.newConnections === undefined ? [] : [rule.newConnections]));
  return counts.length === 0 ? {} : { right: countWords(counts.reduce((sum, one) => sum + one, 0)) };
}

function fullWords(rule: ShownRule): string {
  const state = rule.disabled ? ", disabled" : isMissing(rule) ? ", not applied" : "";
  const about = rule.description === undefined ? "" : ` (${rule.description})`;
  return `Rule ${rule.number}${about}: ${ruleText(rule)} -> ${rule.target}${state}`;
}
