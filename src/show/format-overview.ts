import { formatTable, WIDTH, wrap } from "./columns.ts";
import { formatGroupList } from "./format-group.ts";
import type { Shown, ShownRule, ShownUplink } from "./model.ts";
import { RULE_COLUMNS, ruleCells } from "./rule-columns.ts";
import { countWords, forcedEnd, gatewayWords, healthWords, sinceWords, stateLine, tableWords, waysWords } from "./words.ts";

/** One screen: state, uplinks, groups, rules, problems. `at`: seconds since the epoch; `width`: of the terminal. */
export function formatOverview(shown: Shown, at: number, width = WIDTH): string {
  const uplinks = shown.uplinks ?? [];
  const groups = shown.groups ?? [];
  const rules = shown.rules ?? [];
  return [
    stateLine(shown),
    ...(shown.description === undefined ? [] : [`${shown.description}\n`]),
    ...(uplinks.length === 0 ? [] : [formatUplinkList(uplinks, at, width)]),
    ...(groups.length === 0 ? [] : [formatGroupList(groups, width)]),
    ...(rules.length === 0 ? [] : [formatRuleList(rules, width)]),
    formatProblems(shown, width),
  ].join("");
}

export function formatUplinkList(uplinks: readonly ShownUplink[], at: number, width = WIDTH): string {
  const timed = uplinks.some(({ since }) => since !== undefined);
  const probed = uplinks.some(({ health }) => health !== undefined);
  const columns = [
    { title: "Uplink" },
    { title: "Interface" },
    { title: "State" },
    ...(timed ? [{ title: "Since", align: "right" as const }] : []),
    { title: "Gateway", flexible: true },
    { title: "Table", spare: true },
    { title: "Mark", spare: true },
    ...(probed ? [{ title: "Health" }] : []),
  ];
  return formatTable(
    columns,
    uplinks.map((uplink) => {
      const gateways = [gatewayWords(uplink.ipv4, "ipv4"), gatewayWords(uplink.ipv6, "ipv6")].filter(
        (text) => text !== undefined,
      );
      return [
        uplink.name,
        uplink.interface ?? "-",
        uplink.forced === undefined ? uplink.state : `${uplink.state} (forced)`,
        ...(timed ? [sinceWords(uplink.since, at)] : []),
        gateways.length === 0 ? "-" : [...new Set(gateways)].join("\n"),
        tableWords(uplink.table) ?? "-",
        uplink.mark?.value ?? "-",
        ...(probed ? [healthWords(uplink)] : []),
      ];
    }),
    width,
  );
}

export function formatRuleList(rules: readonly ShownRule[], width = WIDTH): string {
  const columns = [...RULE_COLUMNS, { title: "Now" }, { title: "New connections", align: "right" as const }];
  const rows = rules.map((rule) => [
    ...ruleCells(rule),
    rule.disabled ? "disabled" : waysWords(rule.now),
    rule.newConnections === undefined ? "-" : countWords(rule.newConnections),
  ]);
  return formatTable(columns, rows, width) + sharedCounts(rules);
}

/** What the `-` of rules in one set stands for. */
function sharedCounts(rules: readonly ShownRule[]): string {
  const shared = new Map(rules.flatMap((rule) => (rule.countedWith ?? []).map((entry) => [entry.rules, entry.newConnections])));
  return [...shared]
    .map(([range, count]) => `Rules ${range} share a set and are counted together: ${countWords(count)}\n`)
    .join("");
}

/** Whether the monitor is missing, warnings, and every uplink that is down with the reason, one bullet each. Empty when there are none. */
export function formatProblems(shown: Shown, width = WIDTH): string {
  const down = (shown.uplinks ?? [])
    .filter((uplink) => uplink.state === "down")
    .map((uplink) => `policy-route uplink ${uplink.name}: down, ${uplink.why}${forcedEnd(uplink)}`);
  // The same reason may come as a warning too: said once, as the state.
  const said = (shown.uplinks ?? []).flatMap((uplink) =>
    uplink.state === "down" ? [`policy-route uplink ${uplink.name}: ${uplink.why}`] : [],
  );
  const empty = (shown.groups ?? [])
    .filter((group) => group.state === "down" && group.members.length > 0)
    .map((group) => `policy-route group ${group.name}: no member is up, if-down ${group.ifDown}`);
  const problems = [...monitorProblem(shown), ...down, ...empty, ...shown.warnings.filter((warning) => !said.includes(warning))];
  if (problems.length === 0) return "";
  const lines = problems.flatMap((problem) => wrap(problem, width - 2).map((line, i) => `${i === 0 ? "- " : "  "}${line}\n`));
  return ["Problems\n", ...lines].join("");
}

/** That the monitor does not run although something here hangs on it. */
export function monitorProblem({ monitor }: Shown): string[] {
  if (monitor === undefined || monitor.running) return [];
  return [
    `policy-route monitor is not running, and is needed for ${monitor.neededFor.join(", ")}: "restart policy-route" starts it, without systemd "policy-route monitor"`,
  ];
}
