import { groupOwner, memberOwner, PROHIBIT_OWNER, uplinkOwner } from "../compile/assign-slots.ts";
import type { Config } from "../config/schema.ts";
import { memberTableName, usedGroups } from "../config/used-groups.ts";
import { renderRoute } from "../kernel/iproute.ts";
import type { Route } from "../kernel/kernel-state.ts";
import { TABLE_BASE } from "../kernel/ownership.ts";
import { FAMILIES } from "../net/address.ts";
import { tableOf } from "./live-way.ts";
import type { ShownTable, ShownTableRoute } from "./model.ts";
import type { KernelSight, Sight } from "./sight.ts";

/** The routing tables that are ours: one per uplink, group and member that has a slot, and the one that refuses everything. */
export function showTables(config: Config, sight: Sight): ShownTable[] {
  const tables: { id: number; name: string; owner: string }[] = [];
  for (const [name, uplink] of Object.entries(config.uplink)) {
    const id = tableOf(name, uplink, sight);
    if (id !== undefined) tables.push({ id, name: uplink["table-name"] ?? name, owner: uplinkOwner(name) });
  }
  for (const [group, { uplink }] of usedGroups(config)) {
    const owned = [
      [groupOwner(group), group],
      ...Object.keys(uplink).map((member) => [memberOwner(group, member), memberTableName(group, member)]),
    ] as const;
    for (const [owner = "", name = ""] of owned) {
      const slot = sight.slots.slots.get(owner);
      if (slot !== undefined) tables.push({ id: TABLE_BASE + slot, name, owner });
    }
  }
  const prohibit = sight.slots.slots.get(PROHIBIT_OWNER);
  if (prohibit !== undefined) tables.push({ id: TABLE_BASE + prohibit, name: PROHIBIT_OWNER, owner: PROHIBIT_OWNER });
  const { kernel } = sight;
  return tables.map((table) => (kernel === undefined ? table : { ...table, routes: compareRoutes(kernel, table.id) }));
}

function compareRoutes(kernel: KernelSight, table: number): ShownTableRoute[] {
  const of = (routes: readonly Route[], family: Route["family"]): string[] =>
    routes.filter((route) => route.table === table && route.family === family).map(inWords);
  return FAMILIES.flatMap((family) => {
    const wanted = of(kernel.target.routes, family);
    const present = of(kernel.observed.routes, family);
    return [
      ...wanted.map((text): ShownTableRoute => ({ family, text, status: present.includes(text) ? "ok" : "missing" })),
      ...present
        .filter((text) => !wanted.includes(text))
        .map((text): ShownTableRoute => ({ family, text, status: "unexpected" })),
    ];
  });
}

/** Table and protocol are the same for all of them. */
function inWords(route: Route): string {
  return renderRoute(route).replace(/ table \d+ proto \d+$/, "");
}
