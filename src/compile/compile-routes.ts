import type { Config } from "../config/schema.ts";
import { implicitMetric } from "../kernel/iproute.ts";
import type { Route } from "../kernel/kernel-state.ts";
import { KILL_SWITCH_METRIC } from "../kernel/ownership.ts";
import { type Family, formatPrefix, prefixOf } from "../net/address.ts";
import type { Link } from "../uplink/facts.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";
import { type GroupTarget, memberMetric } from "./group-targets.ts";
import type { UplinkTarget } from "./targets.ts";

/** The implicit IPv6 metric of 1024 would hide the order of ranked defaults, so IPv6 defaults name theirs. */
const DEFAULT_METRIC = { ipv4: 0, ipv6: 10 } as const;

/**
 * Networks that never leave by an uplink's table: the router's own and those the operator exempts. `throw` makes the lookup
 * go on with the next ip rule, that is main.
 */
export function thrownPrefixes(config: Config, links: readonly Link[], family: Family): string[] {
  const prefixes = config.exempt.destination.filter((prefix) => prefix.family === family).map(formatPrefix);
  if (config.exempt.connected === "enable") {
    for (const link of links) {
      if (link.loopback || link.vrf !== undefined) continue;
      for (const address of link.addresses) {
        if (address.family === family && address.scope !== "link")
          prefixes.push(formatPrefix(prefixOf(address.peer ?? address.address, address.length)));
      }
    }
    if (family === "ipv6") prefixes.push("fe80::/10");
  }
  return [...new Set(prefixes)].filter((prefix) => !prefix.endsWith("/0")).sort();
}

/** The table of one uplink in one family: throws, the default, and for a kill switch a default without a device behind it. */
export function uplinkRoutes(target: UplinkTarget, family: Family, thrown: readonly string[]): Route[] {
  const { table, state, config } = target;
  return [
    ...throws(family, table, thrown),
    ...usableRoute(state, family, table, DEFAULT_METRIC[family]),
    ...tail(family, table, config["if-down"]),
  ];
}

/** The table of an uplink's probes: the same way out, whatever is said against using it. */
export function probeRoutes({ probeTable, state }: UplinkTarget, family: Family, thrown: readonly string[]): Route[] {
  if (probeTable === undefined) return [];
  return [...throws(family, probeTable, thrown), ...defaultRoute(state, family, probeTable, DEFAULT_METRIC[family])];
}

/**
 * The tables of a group and of its members in one family. In each all members have a default, so that the kernel goes on to the
 * next one by itself; behind them is the group's `if-down`, never that of the uplink (kernel-layout.md 2.2).
 */
export function groupRoutes(group: GroupTarget, family: Family, thrown: readonly string[]): Route[] {
  const { members, config, table } = group;
  const tables = [{ table, first: undefined }, ...members.map((member) => ({ table: member.table, first: member }))];
  return tables.flatMap(({ table, first }) => [
    ...throws(family, table, thrown),
    ...members.flatMap((member) => usableRoute(member.state, family, table, memberMetric(group, member, first))),
    ...tail(family, table, config["if-down"]),
  ]);
}

function throws(family: Family, table: number, prefixes: readonly string[]): Route[] {
  return prefixes.map((prefix) => ({ family, table, type: "throw", prefix, metric: implicitMetric(family) }));
}

function tail(family: Family, table: number, ifDown: Config["uplink"][string]["if-down"]): Route[] {
  return ifDown === "main" ? [] : [refusal(family, table, ifDown)];
}

/** None where probes or the operator object. */
function usableRoute(state: UplinkState | undefined, family: Family, table: number, metric: number): Route[] {
  return state?.objection === undefined ? defaultRoute(state, family, table, metric) : [];
}

function defaultRoute(state: UplinkState | undefined, family: Family, table: number, metric: number): Route[] {
  const route = state?.routes[family];
  if (state === undefined || route === undefined || route.kind === "none") return [];
  // The kernel takes no route over an interface that is down; over one without carrier it does, and heals by itself.
  if (state.link !== "up" && state.link !== "no-carrier") return [];
  return [
    {
      family,
      table,
      type: "unicast",
      prefix: "default",
      metric,
      device: state.interface,
      ...(route.gateway === undefined ? {} : { gateway: route.gateway }),
      ...(route.sourceAddress === undefined ? {} : { source: route.sourceAddress }),
      // Without carrier `ignore_routes_with_linkdown` discounts the gateway's own network, and IPv6 then takes a route over it
      // only when told that the gateway is on the link (Linux 6.18). Told always, so that losing carrier is no difference.
      ...(route.gateway !== undefined && (route.onlink || family === "ipv6") ? { onlink: true } : {}),
    },
  ];
}

/** A default without a device: it survives carrier loss, admin down and address loss (platform/kernel.md). */
export function refusal(family: Family, table: number, type: "prohibit" | "unreachable" | "blackhole"): Route {
  return { family, table, type, prefix: "default", metric: KILL_SWITCH_METRIC };
}
