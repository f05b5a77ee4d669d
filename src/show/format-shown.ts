import { formatGroup, formatGroupList } from "./format-group.ts";
import { formatMarks } from "./format-marks.ts";
import { formatOverview, formatRuleList } from "./format-overview.ts";
import { formatRule } from "./format-rule.ts";
import { formatRoutingTable } from "./format-table.ts";
import { formatUplink } from "./format-uplink.ts";
import type { Shown } from "./model.ts";
import { stateLine } from "./words.ts";

/** Which part is looked at; `undefined` is the overview. */
export type View = "uplink" | "group" | "rule" | "table" | "marks" | undefined;

/** The text of a view. `at`: the time, seconds since the epoch. */
export function formatShown(shown: Shown, view: View, name: string | undefined, at: number): string {
  if (view === undefined || shown.state === "not-configured") return formatOverview(shown);
  const blocks = blocksOf(shown, view, name, at);
  const body = blocks.length === 0 ? `No ${view} is configured\n` : blocks.join("\n");
  // All is well is said in the overview; that something is not has to be said everywhere.
  const quiet = shown.state === "active" && shown.stepsToDo === 0;
  return quiet ? body : `${stateLine(shown)}${body}`;
}

function blocksOf(shown: Shown, view: Exclude<View, undefined>, name: string | undefined, at: number): string[] {
  switch (view) {
    case "uplink":
      return (shown.uplinks ?? []).map(formatUplink);
    case "group": {
      const groups = shown.groups ?? [];
      if (name !== undefined) return groups.map((group) => formatGroup(group, at));
      return groups.length === 0 ? [] : [formatGroupList(groups)];
    }
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
