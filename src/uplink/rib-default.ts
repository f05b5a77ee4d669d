import type { GatewayReport } from "./facts.ts";

/** One next hop of one default route of the router's RIB. */
export interface RibNexthop {
  /** Absent when the route goes straight out of the interface. */
  readonly gateway?: string;
  readonly interface: string;
  readonly active: boolean;
}

/** A default route of the router's RIB: the routing protocol that knows it, whether it won, and its next hops. */
export interface RibDefault {
  readonly protocol: string;
  readonly best: boolean;
  readonly distance: number;
  readonly nexthops: readonly RibNexthop[];
}

/**
 * The gateways the RIB knows of each interface. Losing routes count too: VyOS puts a DHCP default in as a static route of
 * distance 210, which loses to BGP and is still the gateway of that line. Per interface the routes a client or the operator made
 * come first, then the winner, then the lower distance. Inactive next hops are left out. `at` in seconds.
 */
export function ribReports(defaults: readonly RibDefault[], at: number): readonly GatewayReport[] {
  const ranked = [...defaults].sort((a, b) => rank(a) - rank(b) || Number(b.best) - Number(a.best) || a.distance - b.distance);
  const gateways = new Map<string, Set<string>>();
  for (const nexthop of ranked.flatMap((route) => route.nexthops)) {
    if (!nexthop.active || nexthop.gateway === undefined) continue;
    const known = gateways.get(nexthop.interface) ?? new Set();
    gateways.set(nexthop.interface, known.add(nexthop.gateway));
  }
  return [...gateways].map(([name, known]) => ({
    interface: name,
    family: "ipv4",
    gateways: [...known],
    source: "router-cli",
    at,
  }));
}

function rank(route: RibDefault): number {
  return ["static", "kernel", "dhcp"].includes(route.protocol) ? 0 : 1;
}
