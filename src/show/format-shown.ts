import { WIDTH, wrap } from "./columns.ts";
import { formatGroup, formatGroupList } from "./format-group.ts";
import { formatMarks } from "./format-marks.ts";
import { formatOverview, formatRuleList, monitorProblem } from "./format-overview.ts";
import { formatRule } from "./format-rule.ts";
import { formatRoutingTable } from "./format-table.ts";
import { formatTraffic } from "./format-traffic.ts";
import { formatUplink } from "./format-uplink.ts";
import type { Shown } from "./model.ts";
import { stateLine } from "./words.ts";

/** Which part is looked at; `undefined` is the overview. */
export type View = "uplink" | "group" | "rule" | "table" | "marks" | undefined;

/** How a view is shown. */
export interface Showing {
  /** Everything about each, not a list. */
  readonly detail: boolean;
  /** The time, seconds since the epoch. */
  readonly at: number;
  /** Of the terminal, in characters. */
  readonly width?: number;
}

/** The text of a view. */
export function formatShown(shown: Shown, view: View, showing: Showing): string {
  if (view === undefined || shown.state === "not-configured") return formatOverview(shown, showing.at, showing.width);
  const blocks = blocksOf(shown, view, showing);
  const body = blocks.length === 0 ? `No ${view} is configured\n` : blocks.join("\n");
  // All is well is said in the overview; that something is not has to be said everywhere.
  const quiet = shown.state === "active" && shown.stepsToDo === 0;
  return [quiet ? "" : stateLine(shown), ...stale(shown, view, showing), body].join("");
}

/** Verdicts and holds are as old as the monitor's last moment. */
function stale(shown: Shown, view: View, { width = WIDTH }: Showing): string[] {
  const concerned = view === "group" || (view === "uplink" && shown.uplinks?.some(({ health }) => health !== undefined));
  return concerned ? monitorProblem(shown).flatMap((problem) => wrap(problem, width).map((line) => `${line}\n`)) : [];
}

function blocksOf(shown: Shown, view: Exclude<View, undefined>, { detail, at, width }: Showing): string[] {
  const { uplinks = [], groups = [], rules = [], tables = [], marks } = shown;
  switch (view) {
    case "uplink":
      return detail
        ? uplinks.map((uplink) => formatUplink(uplink, width))
        : listOf(uplinks, (all) => formatTraffic(all, at, width));
    case "group":
      return detail ? groups.map((group) => formatGroup(group, at, width)) : listOf(groups, (all) => formatGroupList(all, width));
    case "rule":
      return detail ? rules.map((rule) => formatRule(rule, width)) : listOf(rules, (all) => formatRuleList(all, width));
    case "marks":
      return marks === undefined ? [] : [formatMarks(marks)];
    case "table":
      return tables.map(formatRoutingTable);
  }
}

function listOf<T>(all: readonly T[], format: (all: readonly T[]) => string): string[] {
  return all.length === 0 ? [] : [format(all)];
}
