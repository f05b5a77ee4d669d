import { formatTable, WIDTH, wrap } from "./columns.ts";
import { formatGroupList } from "./format-group.ts";
import type { Shown, ShownRule, ShownUplink } from "./model.ts";
import { countWords, gatewayWords, healthWords, stateLine, tableWords, waysWords } from "./words.ts";

/** One screen: state, uplinks, groups, rules, problems. */
export function formatOverview(shown: Shown): string {
  const uplinks = shown.uplinks ?? [];
  const groups = shown.groups ?? [];
  const rules = shown.rules ?? [];
  return [
    stateLine(shown),
    ...(shown.description === undefined ? [] : [`${shown.description}\n`]),
    ...(uplinks.length === 0 ? [] : [formatUplinkList(uplinks)]),
    ...(groups.length === 0 ? [] : [formatGroupList(groups)]),
    ...(rules.length === 0 ? [] : [formatRuleList(rules)]),
    formatProblems(shown),
  ].join("");
}

export function formatUplinkList(uplinks: readonly ShownUplink[]): string {
  const probed = uplinks.some(({ health }) => health !== undefined);
  const columns = [
    { title: "Uplink" },
    { title: "Interface" },
    { title: "State" },
    { title: "Gateway", flexible: true },
    { title: "Table" },
    { title: "Mark" },
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
        gateways.length === 0 ? "-" : [...new Set(gateways)].join("\n"),
        tableWords(uplink.table) ?? "-",
        uplink.mark?.value ?? "-",
        ...(probed ? [healthWords(uplink)] : []),
      ];
    }),
  );
}

export function formatRuleList(rules: readonly ShownRule[]): string {
  const columns = [
    { title: "Rule" },
    { title: "Traffic" },
    { title: "Matches", flexible: true },
    { title: "To" },
    { title: "Now" },
    { title: "New connections", align: "right" as const },
  ];
  const rows = rules.map((rule) => [
    rule.number,
    rule.traffic,
    rule.matches.length === 0 ? "everything" : rule.matches.join(" "),
    rule.target,
    rule.disabled ? "disabled" : waysWords(rule.now),
    rule.newConnections === undefined ? "-" : countWords(rule.newConnections),
  ]);
  return formatTable(columns, rows) + sharedCounts(rules);
}

/** What the `-` of rules in one set stands for. */
function sharedCounts(rules: readonly ShownRule[]): string {
  const shared = new Map(rules.flatMap((rule) => (rule.countedWith ?? []).map((entry) => [entry.rules, entry.newConnections])));
  return [...shared]
    .map(([range, count]) => `Rules ${range} share a set and are counted together: ${countWords(count)}\n`)
    .join("");
}

/** Warnings, and every uplink that is down with the reason, one bullet each. Empty when there are none. */
export function formatProblems(shown: Shown): string {
  const down = (shown.uplinks ?? [])
    .filter((uplink) => uplink.state === "down")
    .map((uplink) => `policy-route uplink ${uplink.name}: down, ${uplink.why}`);
  // The same reason may come as a warning too: said once, as the state.
  const said = (shown.uplinks ?? []).flatMap((uplink) =>
    uplink.state === "down" ? [`policy-route uplink ${uplink.name}: ${uplink.why}`] : [],
  );
  const empty = (shown.groups ?? [])
    .filter((group) => group.state === "down" && group.members.length > 0)
    .map((group) => `policy-route group ${group.name}: no member is up, if-down ${group.ifDown}`);
  const problems = [...down, ...empty, ...shown.warnings.filter((warning) => !said.includes(warning))];
  if (problems.length === 0) return "";
  const lines = problems.flatMap((problem) => wrap(problem, WIDTH - 2).map((line, i) => `${i === 0 ? "- " : "  "}${line}\n`));
  return ["Problems\n", ...lines].join("");
}
