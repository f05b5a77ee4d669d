import { hex32 } from "../net/fwmark.ts";
import type { Check } from "./check.ts";
import { memberTableName, usedGroups } from "./used-groups.ts";
import { slotCapacity } from "./values/mark.ts";

/** The kernel's own tables (include/uapi/linux/rtnetlink.h). */
const KERNEL_TABLES: ReadonlyMap<number, string> = new Map([
  [0, "unspec"],
  [253, "default"],
  [254, "main"],
  [255, "local"],
]);

/** Why a table cannot be used, or `undefined`. WAN load balancing numbers its tables from 201 up and flushes them. */
export function reservedTable(table: number): string | undefined {
  const name = KERNEL_TABLES.get(table);
  if (name !== undefined) return `table ${table} is the kernel's table "${name}"; use 1-200 or 256 and up`;
  return table > 200 && table < 256 ? `table ${table} belongs to load-balancing wan; use 1-200 or 256 and up` : undefined;
}

/** Tables, their names and marks of all uplinks: none reserved, none twice, all inside the mask. */
export function checkUplinkNumbers(check: Check): void {
  const { config, context } = check;
  const capacity = slotCapacity(config["mark-mask"]);
  const tables = new Map<number, string[]>();
  const names = new Map<string, string[]>();
  const marks = new Map<number, string[]>();
  for (const [name, uplink] of Object.entries(config.uplink)) {
    const path = ["uplink", name];
    const reserved = uplink.table === undefined ? undefined : reservedTable(uplink.table);
    if (reserved !== undefined) check.error(path, reserved);
    if (uplink.mark !== undefined && uplink.mark > capacity) {
      check.error(path, `mark ${uplink.mark} does not fit into mark-mask ${hex32(config["mark-mask"])}; use 1-${capacity}`);
    }
    const tableName = uplink["table-name"] ?? name;
    const taken = context.tableNames?.get(tableName);
    if (taken !== undefined && taken !== uplink.table) {
      check.error(
        path,
        `table-name ${tableName} is already the name of table ${taken} on this router; use another, or "table ${taken}"`,
      );
    }
    if (!check.uplinksInUse.has(name)) continue;
    if (uplink.table !== undefined) push(tables, uplink.table, name);
    if (uplink.mark !== undefined) push(marks, uplink.mark, name);
    push(names, tableName, name);
    // Its probes have a table too (compile/targets.ts).
    if (uplink.health !== undefined) push(names, `${tableName}.probe`, name);
  }
  for (const [group, { uplink }] of usedGroups(config)) {
    // A group and an uplink of one name are reported by checkGroups.
    for (const name of [group, ...Object.keys(uplink).map((member) => memberTableName(group, member))]) {
      const taken = context.tableNames?.get(name);
      if (taken !== undefined)
        check.error(
          ["group", group],
          `its table name ${name} is already the name of table ${taken} on this router; rename one of them`,
        );
      const user = names.get(name)?.find((other) => other !== group);
      if (user !== undefined)
        check.error(["uplink", user], `table-name ${name} is the name of a table of group ${group}; use another`);
    }
  }
  reportShared(check, tables, (table) => `table ${table}`);
  reportShared(check, marks, (mark) => `mark ${mark}`);
  reportShared(check, names, (name) => `table-name ${name}`);
}

function push<K>(users: Map<K, string[]>, key: K, user: string): void {
  const list = users.get(key);
  if (list === undefined) users.set(key, [user]);
  else list.push(user);
}

function reportShared<K>(check: Check, users: ReadonlyMap<K, readonly string[]>, what: (key: K) => string): void {
  for (const [key, names] of users) {
    if (names.length < 2) continue;
    const together = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
    check.error(["uplink", together], `${names.length === 2 ? "both" : "all"} use ${what(key)}; each needs its own`);
  }
}
