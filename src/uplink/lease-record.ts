import { canonicalAddress } from "../net/address.ts";
import type { GatewayReport } from "./facts.ts";
import { isInterfaceName } from "./interface-name.ts";

/** Name of the file in which the hooks record a report: `eth1.dhcp-hook.ipv4.json`. One writer per file. */
export function recordName(report: GatewayReport): string {
  return `${report.interface}.${report.source}.${report.family}.json`;
}

/** Text of a record. */
export function renderRecord(report: GatewayReport): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}

/**
 * Parses a record; `undefined` when the text is none (a file of another version, or damaged). Checked by hand: hooks and
 * `show` read records each time, and loading zod for it alone takes them 3 ms.
 */
export function parseRecord(text: string): GatewayReport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !isRecord(value)) return undefined;
  const { interface: name, family, gateways, address, source, at, expires } = value;
  return {
    interface: name,
    family,
    gateways,
    source,
    ...(address === undefined ? {} : { address }),
    at,
    ...(expires === undefined ? {} : { expires }),
  };
}

type Recorded = GatewayReport & { readonly at: number };

function isRecord(value: Partial<Record<keyof GatewayReport, unknown>>): value is Recorded {
  const { interface: name, family, gateways, address, source, at, expires } = value;
  return (
    typeof name === "string" &&
    isInterfaceName(name) &&
    (family === "ipv4" || family === "ipv6") &&
    Array.isArray(gateways) &&
    gateways.every(isAddress) &&
    (address === undefined || isAddress(address)) &&
    (source === "dhcp-hook" || source === "ppp-hook") &&
    typeof at === "number" &&
    (expires === undefined || typeof expires === "number")
  );
}

function isAddress(value: unknown): boolean {
  return typeof value === "string" && canonicalAddress(value) === value;
}

/** Whether a new report asks for a new look at the routes: another gateway or address. A later expiry alone does not. */
export function recordDiffers(before: GatewayReport | undefined, now: GatewayReport): boolean {
  if (before === undefined) return true;
  return before.address !== now.address || before.gateways.join(" ") !== now.gateways.join(" ");
}
