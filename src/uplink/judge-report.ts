import type { GatewayReport, Link } from "./facts.ts";
import { isOwnAddress, isReachable } from "./link-networks.ts";

/** What is left of a report after it was held against the kernel: gateways to use, or why it cannot be used. */
export type Judgement = { readonly gateways: readonly string[] } | { readonly objection: string };

/** How the operator is told of a source. */
const SOURCE_WORDS: Readonly<Record<GatewayReport["source"], string>> = {
  config: "configured",
  "dhcp-hook": "DHCP",
  "ppp-hook": "PPP",
  "lease-file": "DHCP lease file",
  "router-cli": "router's routing table",
  kernel: "kernel",
};

/**
 * Holds a report against what the kernel says of the interface. Stale are: a lease that has run out (`now` in seconds), a lease
 * for an address the interface no longer has, an answer of the router's CLI about an interface without carrier (FRR 8.4 keeps
 * kernel and DHCP routes as usable after carrier loss and after down/up). `onlink`: gateways outside the networks are meant.
 */
export function judgeReport(report: GatewayReport, link: Link, links: readonly Link[], onlink: boolean, now: number): Judgement {
  const source = SOURCE_WORDS[report.source];
  if (report.expires !== undefined && report.expires <= now) {
    return { objection: `the DHCP lease of ${report.address ?? link.name} has run out (expired ${now - report.expires} s ago)` };
  }
  if (report.address !== undefined && !link.addresses.some((own) => own.address === report.address)) {
    const what = report.source === "ppp-hook" ? "PPP session" : "lease";
    return { objection: `${what} is for ${report.address}, which ${link.name} no longer has` };
  }
  if (report.source === "router-cli" && !link.carrier) {
    return { objection: `${link.name} has no carrier, so the router's routing table is not believed` };
  }
  if (report.gateways.length === 0) return { objection: noGateway(report) };
  const objections: string[] = [];
  const gateways = report.gateways.filter((gateway) => {
    const objection = objectionTo(gateway, source, link, links, onlink);
    if (objection !== undefined) objections.push(objection);
    return objection === undefined;
  });
  return gateways.length > 0 ? { gateways } : { objection: objections.join("; ") };
}

function noGateway(report: GatewayReport): string {
  const what = report.source === "ppp-hook" ? "PPP session" : "DHCP lease";
  if (report.address !== undefined) return `the ${what} of ${report.interface} names no gateway`;
  return `the ${what} of ${report.interface} has ended`;
}

/** Why `gateway` cannot be the next hop over `link`, in words; `undefined` when it can. `source` says who named it. */
export function objectionTo(
  gateway: string,
  source: string,
  link: Link,
  links: readonly Link[],
  onlink: boolean,
): string | undefined {
  const named = source === "" ? `gateway ${gateway}` : `gateway ${gateway} (${source})`;
  if (isOwnAddress(links, gateway)) return `${named} is an address of this router`;
  if (!onlink && !isReachable(link, gateway))
    return `${named} is not in a network of ${link.name}; add "onlink" if that is meant`;
  return undefined;
}
