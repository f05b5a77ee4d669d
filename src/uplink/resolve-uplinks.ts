import type { Issue } from "../config/issue.ts";
import type { Config } from "../config/schema.ts";
import { FAMILIES, type Family, familyOf } from "../net/address.ts";
import type { Facts, Link } from "./facts.ts";
import { NO_LIVENESS, objection } from "./liveness.ts";
import { resolveRoute } from "./resolve-route.ts";
import { sourceAddress } from "./source-address.ts";
import type { UplinkRoute, UplinkState } from "./uplink-state.ts";

/** The uplinks as they are now, and what the operator has to know about them. */
export interface ResolvedUplinks {
  readonly uplinks: readonly UplinkState[];
  /** The configuration cannot work on this router: a commit is refused, an event (a lease, a link) goes on without the route. */
  readonly mistakes: readonly Issue[];
  readonly warnings: readonly Issue[];
}

type UplinkConfig = Config["uplink"][string];

/** Brings the configured uplinks and the facts together. Disabled uplinks and those without an interface are left out. */
export function resolveUplinks(config: Config, facts: Facts): ResolvedUplinks {
  const uplinks: UplinkState[] = [];
  const mistakes: Issue[] = [];
  const warnings: Issue[] = [];
  for (const [name, uplink] of Object.entries(config.uplink)) {
    if (uplink.disable || uplink.interface === undefined) continue;
    const path = ["uplink", name];
    const link = facts.links.find((candidate) => candidate.name === uplink.interface);
    const routes = {} as Record<Family, UplinkRoute>;
    const found: { family: Family; message: string }[] = [];
    for (const family of FAMILIES) {
      const resolved = resolveFamily(uplink, uplink.interface, family, link, facts);
      routes[family] = resolved.route;
      if (resolved.mistake !== undefined) mistakes.push({ path, message: resolved.mistake });
      found.push(...resolved.warnings.map((message) => ({ family, message })));
    }
    const quiet = isIpv6Only(uplink, link, routes);
    for (const { family, message } of found) if (!(quiet && family === "ipv4")) warnings.push({ path, message });
    for (const message of natWarnings(uplink["source-nat"], routes, facts.links)) warnings.push({ path, message });
    // A verdict may have outlived the probes that it is from.
    const against = objection(name, uplink.health === undefined ? NO_LIVENESS : facts.liveness, facts.forced);
    uplinks.push({
      name,
      interface: uplink.interface,
      link: stateOf(link),
      addresses: link?.addresses ?? [],
      routes,
      ...(against === undefined ? {} : { objection: against }),
    });
  }
  return { uplinks, mistakes, warnings };
}

/** Nobody asked for IPv4 on such a line, so nobody is told that it is not there. */
function isIpv6Only(uplink: UplinkConfig, link: Link | undefined, routes: Readonly<Record<Family, UplinkRoute>>): boolean {
  if (uplink.gateway !== undefined || routes.ipv6.kind === "none") return false;
  return link !== undefined && !link.addresses.some((own) => own.family === "ipv4");
}

/** An address to translate to says nothing of the other family, and answers only come to one the router has. */
function natWarnings(nat: string, routes: Readonly<Record<Family, UplinkRoute>>, links: readonly Link[]): string[] {
  const family = familyOf(nat);
  if (family === undefined) return [];
  const [own, other] = family === "ipv4" ? (["IPv4", "ipv6"] as const) : (["IPv6", "ipv4"] as const);
  const messages: string[] = [];
  if (routes[other].kind !== "none")
    messages.push(`source-nat ${nat} is ${own}; ${other === "ipv4" ? "IPv4" : "IPv6"} leaves by this uplink with its own source`);
  if (!links.some((link) => link.addresses.some(({ address }) => address === nat)))
    messages.push(`source-nat ${nat} is not an address of this router; answers have to be routed here`);
  return messages;
}

function stateOf(link: Link | undefined): UplinkState["link"] {
  if (link === undefined) return "missing";
  if (!link.up) return "admin-down";
  return link.carrier ? "up" : "no-carrier";
}

interface ResolvedFamily {
  readonly route: UplinkRoute;
  readonly mistake?: string;
  readonly warnings: readonly string[];
}

function resolveFamily(
  uplink: UplinkConfig,
  interfaceName: string,
  family: Family,
  link: Link | undefined,
  facts: Facts,
): ResolvedFamily {
  if (link === undefined) {
    const reason = `interface ${interfaceName} does not exist`;
    return { route: { kind: "none", onlink: false, gateways: [], reason }, warnings: [] };
  }
  const gateway = family === "ipv4" ? uplink.gateway : uplink.gateway6;
  const { route, leased, mistake, warning } = resolveRoute({ gateway, onlink: uplink.onlink }, family, link, facts);
  const warnings = warning === undefined ? [] : [warning];
  if (route.kind === "none") return { route, warnings, ...(mistake === undefined ? {} : { mistake }) };
  const source = sourceAddress(uplink["source-address"], family, link, facts.links, {
    ...(route.gateway === undefined ? {} : { gateway: route.gateway }),
    ...(leased === undefined ? {} : { leased }),
  });
  if (source.warning !== undefined) warnings.push(source.warning);
  return { route: { ...route, ...(source.address === undefined ? {} : { sourceAddress: source.address }) }, warnings };
}
