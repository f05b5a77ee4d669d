import type { Check } from "./check.ts";
import { reservedTable } from "./check-uplink-numbers.ts";
import type { Rule } from "./schema.ts";
import { notConfigured, suggest } from "./suggest.ts";

/** What a rule does with its packets. */
export function checkRuleTarget(check: Check, path: readonly string[], rule: Rule): void {
  const targets = Object.keys(rule.set);
  if (rule.action !== "set") {
    if (targets.length > 0)
      check.error(path, `action ${rule.action} and set ${targets.join(", ")} exclude each other; delete one of the two`);
  } else if (targets.length > 1) {
    check.error(
      path,
      `only one of set uplink, group, table, reply-uplink; delete all but one of ${targets.map((target) => `"set ${target}"`).join(", ")}`,
    );
  } else if (targets.length === 0 && !check.isBroken([...path, "set"]) && !check.isBroken([...path, "action"])) {
    check.error(path, "nothing to do: set an uplink, group or table, or an action");
  }
  if (rule.set["reply-uplink"] !== undefined && rule.traffic !== "inbound")
    check.error(path, "set reply-uplink needs traffic inbound");
  else if (rule.traffic === "inbound" && targets.length > 0 && rule.set["reply-uplink"] === undefined) {
    check.error(path, "traffic inbound needs set reply-uplink: it decides where replies go");
  }
  // The router would take the packets for itself all the same: no ip rule of ours comes before its own addresses.
  if (rule.traffic === "inbound" && rule.action === "prohibit")
    check.error(path, "traffic inbound cannot be refused with action prohibit; use drop");
  checkUplinkName(check, path, rule.set.uplink);
  checkUplinkName(check, path, rule.set["reply-uplink"]);
  const { uplink, group } = check.config;
  const name = rule.set.group;
  if (name !== undefined && !Object.hasOwn(group, name)) {
    const isUplink = Object.hasOwn(uplink, name) ? `it is an uplink: "set uplink ${name}"` : undefined;
    check.error(path, notConfigured("group", name, Object.keys(group), isUplink));
  } else if (name !== undefined && group[name]?.disable) {
    check.warn(
      path,
      `group "${name}" is disabled and counts as down (if-down ${group[name]["if-down"]}); delete its "disable", or disable the rule too`,
    );
  }
  if (rule.set.table !== undefined) checkTable(check, path, rule.set.table);
}

function checkUplinkName(check: Check, path: readonly string[], name: string | undefined): void {
  if (name === undefined) return;
  const { uplink, group } = check.config;
  if (!Object.hasOwn(uplink, name)) {
    const isGroup = Object.hasOwn(group, name) ? `it is a group: "set group ${name}"` : undefined;
    check.error(path, notConfigured("uplink", name, Object.keys(uplink), isGroup));
  } else if (uplink[name]?.disable) {
    check.warn(
      path,
      `uplink "${name}" is disabled and counts as down (if-down ${uplink[name]["if-down"]}); delete its "disable", or disable the rule too`,
    );
  }
}

function checkTable(check: Check, path: readonly string[], table: string): void {
  if (table === "main") return;
  if (/^\d+$/.test(table)) {
    const reserved = reservedTable(Number(table));
    if (reserved !== undefined) check.error(path, reserved);
    return;
  }
  const known = [...check.uplinksInUse].map((name) => check.config.uplink[name]?.["table-name"] ?? name);
  if (known.includes(table)) return;
  const number = check.context.tableNames?.get(table);
  const reserved = number === undefined ? undefined : reservedTable(number);
  if (reserved !== undefined) check.error(path, reserved);
  if (number !== undefined) return;
  const names = [...known, ...(check.context.tableNames?.keys() ?? [])];
  check.error(path, `table "${table}" has no number: it is no uplink's table-name and not in rt_tables${suggest(table, names)}`);
}
