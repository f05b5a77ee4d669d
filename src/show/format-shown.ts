import { formatMarks } from "./format-marks.ts";
import { formatOverview, formatRuleList } from "./format-overview.ts";
import { formatRule } from "./format-rule.ts";
import { formatRoutingTable } from "./format-table.ts";
import { formatUplink } from "./format-uplink.ts";
import type { Shown } from "./model.ts";
import { stateLine } from "./words.ts";

/** Which part is looked at; `undefined` is the overview. */
export type View = "uplink" | "rule" | "table" | "marks" | undefined;

/** The text of a view. */
export function formatShown(shown: Shown, view: View, name: string | undefined): string {
  if (view === undefined || shown.state === "not-configured") return formatOverview(shown);
  const blocks = blocksOf(shown, view, name);
  const body = blocks.length === 0 ? `No ${view} is configured\n` : blocks.join("\n");
  // All is well is said in the overview; that something is not has to be said everywhere.
  const quiet = shown.state === "active" && shown.stepsToDo === 0;
  return quiet ? body : `${stateLine(shown)}${body}`;
}

function blocksOf(shown: Shown, view: Exclude<View, undefined>, name: string | undefined): string[] {
  switch (view) {
    case "uplink":
      return (shown.uplinks ?? []).map(formatUplink);
    case "rule": {
      const rules = shown.rules ?? [];
      if (name !== undefined) return rules.map(formatRule);
      return rules.length === 0 ? [] : [formatRuleList(rules)];
    }
    case "marks":
      return shown.marks === undefined ? [] : [formatMarks(shown.marks)];
    case "table":
      return (shown.tables ?? []).map(formatRoutingTable);
  }
}
