import { compareNatural } from "./natural-order.ts";
import type { Config, Group } from "./schema.ts";

/**
 * Groups that get a place in the kernel: enabled ones, and disabled ones that a rule names; those have no members that could be
 * used, so that their `if-down` holds. In the order the router's engine shows them.
 */
export function usedGroups(config: Config): [name: string, group: Group][] {
  const named = new Set(Object.values(config.rule).flatMap(({ disable, set }) => (disable ? [] : [set.group])));
  return Object.entries(config.group)
    .filter(([name, { disable }]) => !disable || named.has(name))
    .sort(([a], [b]) => compareNatural(a, b));
}

/** What `ip route show table` knows the table of a group's member by: no uplink's or group's name has a dot in it. */
export function memberTableName(group: string, uplink: string): string {
  return `${group}.${uplink}`;
}
