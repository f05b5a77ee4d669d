import type { Column } from "./columns.ts";
import type { ShownRule } from "./model.ts";

/** The columns that a list of rules begins with. */
export const RULE_COLUMNS: readonly Column[] = [
  { title: "Rule" },
  { title: "Traffic" },
  { title: "Matches", flexible: true },
  { title: "To" },
];

/** What a rule has in them. */
export function ruleCells({ number, traffic, matches, target }: Pick<ShownRule, "number" | "traffic" | "matches" | "target">) {
  return [number, traffic, matches.length === 0 ? "everything" : matches.join(" "), target];
}
