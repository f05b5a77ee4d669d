import { addressBits, type Family } from "../net/address.ts";
import type { Facts, GatewayReport, Link } from "./facts.ts";
import { findGateway } from "./find-gateway.ts";
import { objectionTo } from "./judge-report.ts";
import { addressesOf, isReachable } from "./link-networks.ts";
import type { UplinkRoute } from "./uplink-state.ts";

/** What the operator says about the gateway of one family; `undefined` leaves the choice to the interface. */
export interface GatewayWish {
  readonly gateway: string | undefined;
  readonly onlink: boolean;
}

/** A route without its source address, and the lease's own address, from which that is chosen. */
export interface RouteFound {
  readonly route: UplinkRoute;
  readonly leased?: string;
  /** The operator has to change the configuration: the gateway given cannot work. */
  readonly mistake?: string;
  /** The operator should know, but the configuration may be right: no lease yet. */
  readonly warning?: string;
}

const IN_WORDS: Readonly<Record<Family, string>> = { ipv4: "IPv4", ipv6: "IPv6" };

/** Finds the default route of an interface that exists, in one family. Never a guess: without a sound gateway there is none. */
export function resolveRoute(wish: GatewayWish, family: Family, link: Link, facts: Facts): RouteFound {
  const { gateway, onlink } = wish;
  if (!link.up) return without(`${link.name} is administratively down`);
  switch (gateway) {
    case undefined:
      return family === "ipv4" ? fromInterface(link, facts, onlink) : fromAdvertisement(link, facts, onlink, false);
    case "none":
      return straightOut(link, family, `gateway is none and ${link.name} is not point-to-point`);
    case "dhcp":
      return fromDhcp(link, facts, onlink);
    case "ppp":
      return fromPpp(link, facts, onlink);
    case "ra":
      return fromAdvertisement(link, facts, onlink, true);
    default:
      return fromConfig(gateway, family, link, facts, onlink);
  }
}

function without(reason: string, extra: Omit<RouteFound, "route"> = {}): RouteFound {
  return { route: { kind: "none", onlink: false, gateways: [], reason }, ...extra };
}

function fromConfig(gateway: string, family: Family, link: Link, facts: Facts, onlink: boolean): RouteFound {
  const hasNetwork = link.addresses.some((own) => own.family === family);
  const bare = `${link.name} has no ${IN_WORDS[family]} address`;
  if (!hasNetwork && !onlink) return without(bare, { warning: bare });
  const mistake = objectionTo(gateway, "", link, facts.links, onlink);
  if (mistake !== undefined) return without(mistake, { mistake });
  return { route: { kind: "gateway", gateway, gateways: [gateway], onlink, learntFrom: "config" } };
}

/** The default when `gateway` is not set: point-to-point links need none, the rest learns it as DHCP does. */
function fromInterface(link: Link, facts: Facts, onlink: boolean): RouteFound {
  if (link.pointToPoint) {
    const ppp = facts.gateways.some((report) => report.interface === link.name && report.source === "ppp-hook");
    return ppp ? fromPpp(link, facts, onlink) : straightOut(link, "ipv4", "");
  }
  const leased = facts.gateways.some(
    (report) => report.interface === link.name && (report.source === "dhcp-hook" || report.source === "lease-file"),
  );
  if (leased) return fromDhcp(link, facts, onlink);
  const reason = `gateway must be set (no DHCP lease is known of ${link.name}, and it is not point-to-point)`;
  return without(reason, { warning: reason });
}

/** IPv6 of an uplink. Not having it is worth a warning only where it was asked for: most lines have no IPv6. */
function fromAdvertisement(link: Link, facts: Facts, onlink: boolean, asked: boolean): RouteFound {
  const found = findGateway(facts.gateways, ["kernel"], "ipv6", link, facts.links, onlink, facts.now);
  if ("report" in found) return byReport(found.report, found.gateways, onlink);
  const reason = found.objection ?? `no router advertisement on ${link.name}`;
  return asked ? without(reason, { warning: reason }) : straightOut(link, "ipv6", reason);
}

function fromDhcp(link: Link, facts: Facts, onlink: boolean): RouteFound {
  const meant = onlink || isHostAddress(link);
  const sources = ["dhcp-hook", "lease-file", "router-cli", "kernel"] as const;
  const found = findGateway(facts.gateways, sources, "ipv4", link, facts.links, meant, facts.now);
  if ("report" in found) return byReport(found.report, found.gateways, meant);
  const reason = found.objection ?? `no DHCP lease on ${link.name} yet`;
  return without(reason, { warning: reason });
}

/** A lease with mask 255.255.255.255 has its gateway outside by design; dhclient-script sets a host route to it. */
function isHostAddress(link: Link): boolean {
  const own = addressesOf(link, "ipv4");
  return own.length > 0 && own.every((address) => address.length === addressBits("ipv4"));
}

function fromPpp(link: Link, facts: Facts, onlink: boolean): RouteFound {
  const found = findGateway(facts.gateways, ["ppp-hook"], "ipv4", link, facts.links, onlink || link.pointToPoint, facts.now);
  // A peer that is not the one the kernel has (some carriers name a far one) is a next hop only with onlink.
  if ("report" in found)
    return byReport(found.report, found.gateways, onlink || !found.gateways.every((peer) => isReachable(link, peer)));
  const peer = link.addresses.find((own) => own.family === "ipv4" && own.peer !== undefined)?.peer?.split("/")[0];
  if (peer !== undefined) return { route: { kind: "gateway", gateway: peer, gateways: [peer], onlink, learntFrom: "kernel" } };
  if (link.pointToPoint && addressesOf(link, "ipv4").length > 0) return straightOut(link, "ipv4", "");
  const reason = found.objection ?? `no PPP session on ${link.name}`;
  return without(reason, { warning: reason });
}

function straightOut(link: Link, family: Family, otherwise: string): RouteFound {
  if (!link.pointToPoint) return without(otherwise);
  if (addressesOf(link, family).length === 0) return without(`${link.name} has no ${IN_WORDS[family]} address`);
  return { route: { kind: "device", onlink: false, gateways: [] } };
}

function byReport(report: GatewayReport, gateways: readonly string[], onlink: boolean): RouteFound {
  const [gateway] = gateways;
  if (gateway === undefined) return without(`${report.interface} has no usable gateway`);
  const route = { kind: "gateway", gateway, gateways, onlink, learntFrom: report.source } as const;
  return report.address === undefined ? { route } : { route, leased: report.address };
}
