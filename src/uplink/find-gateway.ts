import type { Family } from "../net/address.ts";
import type { GatewayReport, GatewaySource, Link } from "./facts.ts";
import { judgeReport } from "./judge-report.ts";

/** Order of trust (ADR 0003). What the operator configured stands above all of these. */
const TRUST: readonly GatewaySource[] = ["dhcp-hook", "ppp-hook", "lease-file", "router-cli", "kernel"];

/** The gateway of an interface as the most trusted usable source names it, or why there is none. */
export type FoundGateway =
  | { readonly report: GatewayReport; readonly gateways: readonly string[] }
  | { readonly objection: string | undefined; readonly ended: boolean };

/**
 * Looks for the gateway of one interface and family among `reports`, in the order of trust, and takes the first that stands up
 * to the kernel. A hook that said the lease ended has the last word, but for a lease file that is younger. A lease without a
 * gateway has not: VyOS's `no-default-route` blanks the routers of a hook, the lease file still names them.
 * `objection` is that of the most trusted source; `undefined` when nobody knows the interface. `ended`: a hook had the last word,
 * so a less trusted source need not be asked. `now` in seconds.
 */
export function findGateway(
  reports: readonly GatewayReport[],
  sources: readonly GatewaySource[],
  family: Family,
  link: Link,
  links: readonly Link[],
  onlink: boolean,
  now: number,
): FoundGateway {
  const candidates = TRUST.filter((source) => sources.includes(source)).flatMap((source) =>
    reports.filter((report) => report.source === source && report.interface === link.name && report.family === family),
  );
  let objection: string | undefined;
  let endedAt: number | undefined;
  for (const report of candidates) {
    if (endedAt !== undefined && !(report.source === "lease-file" && (report.at ?? 0) > endedAt)) continue;
    const judgement = judgeReport(report, link, links, onlink, now);
    if ("gateways" in judgement) return { report, gateways: judgement.gateways };
    objection ??= judgement.objection;
    if (isEnd(report)) endedAt = report.at ?? now;
  }
  return { objection, ended: endedAt !== undefined };
}

/** A hook's word that there is no lease or session any more. */
function isEnd(report: GatewayReport): boolean {
  return report.source.endsWith("-hook") && report.gateways.length === 0 && report.address === undefined;
}
