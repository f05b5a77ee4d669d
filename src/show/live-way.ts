import { uplinkOwner } from "../compile/assign-slots.ts";
import { markField, slotMark } from "../compile/mark-field.ts";
import type { Uplink } from "../config/schema.ts";
import type { Route } from "../kernel/kernel-state.ts";
import { TABLE_BASE } from "../kernel/ownership.ts";
import type { Family } from "../net/address.ts";
import type { Link } from "../uplink/facts.ts";
import type { Way } from "./model.ts";
import type { KernelSight, Sight } from "./sight.ts";

const NOT_APPLIED: Way = { to: "not-applied" };
const MAIN: Way = { to: "main" };

/** Number of an uplink's routing table, `undefined` while it has no slot. */
export function tableOf(name: string, uplink: Uplink, sight: Sight): number | undefined {
  const slot = sight.slots.slots.get(uplinkOwner(name));
  return uplink.table ?? (slot === undefined ? undefined : TABLE_BASE + slot);
}

/** Where packets marked for an uplink go now. From the kernel's own routes where they were read, else from the uplink's saved state. */
export function uplinkWay(name: string, uplink: Uplink, family: Family, sight: Sight): Way {
  const own: Way = { to: "uplink", uplink: name };
  if (sight.kernel === undefined) {
    const state = uplink.disable ? undefined : sight.uplinks.find((candidate) => candidate.name === name);
    return state?.link === "up" && state.objection === undefined && state.routes[family].kind !== "none"
      ? own
      : { to: uplink["if-down"] };
  }
  const table = tableOf(name, uplink, sight);
  if (table === undefined || !hasLookup(sight, sight.kernel, uplinkOwner(name), family)) return NOT_APPLIED;
  return tableWay(sight.kernel, sight.links, table, family, own);
}

/** Whether the kernel has the ip rule that leads the owner's mark to a table. */
export function hasLookup(sight: Sight, kernel: KernelSight, owner: string, family: Family): boolean {
  const slot = sight.slots.slots.get(owner);
  if (slot === undefined || sight.config === undefined) return false;
  const mark = slotMark(markField(sight.config["mark-mask"]), slot);
  return kernel.observed.ipRules.some(
    (rule) => rule.family === family && rule.fwmark?.value === mark.value && rule.fwmark.mask === mark.mask,
  );
}

/** What a lookup in one of our tables ends in. */
function tableWay(kernel: KernelSight, links: readonly Link[], table: number, family: Family, own: Way): Way {
  const route = tableRoute(kernel, links, table, family);
  if (route === undefined || route.type === "throw") return MAIN;
  return route.type === "unicast" ? own : { to: route.type };
}

/**
 * The default in one of our tables that the kernel would use: the one of the lowest metric. One over a link without carrier is
 * passed over, since `ignore_routes_with_linkdown` is set on uplinks; without any, main is asked next.
 */
export function tableRoute(kernel: KernelSight, links: readonly Link[], table: number, family: Family): Route | undefined {
  return kernel.observed.routes
    .filter((route) => route.family === family && route.table === table && route.prefix === "default")
    .sort((a, b) => a.metric - b.metric)
    .find(({ type, device }) => {
      if (type !== "unicast") return true;
      const link = links.find((candidate) => candidate.name === device);
      return link?.up === true && link.carrier;
    });
}
