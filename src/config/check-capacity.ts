import { hex32 } from "../net/fwmark.ts";
import type { Check } from "./check.ts";
import { usedGroups } from "./used-groups.ts";
import { slotCapacity } from "./values/mark.ts";

/** Every uplink, group, member of a group, table that a rule names, and the action prohibit takes a slot of the mark. */
export function checkCapacity(check: Check): void {
  const { config, uplinksInUse } = check;
  const groups = usedGroups(config);
  const members = groups.reduce((count, [, { uplink }]) => count + Object.keys(uplink).length, 0);
  const rules = Object.values(config.rule).filter(({ disable }) => !disable);
  const tables = new Set(rules.flatMap(({ action, set }) => (action === "set" && set.table !== undefined ? [set.table] : [])))
    .size;
  const prohibit = rules.some(({ action }) => action === "prohibit") ? 1 : 0;
  const count = uplinksInUse.size + groups.length + members + tables + prohibit;
  const capacity = slotCapacity(config["mark-mask"]);
  if (count <= capacity) return;
  const what = tables + prohibit > 0 ? "uplinks, groups, group members and tables of rules" : "uplinks, groups and group members";
  check.error(
    [],
    `${count} ${what} do not fit into mark-mask ${hex32(config["mark-mask"])} (${capacity}); use a wider one, such as 0x0ff00000, or fewer`,
  );
}
