import * as z from "zod/mini";
import { canonicalAddress } from "../net/address.ts";
import type { GatewayReport } from "./facts.ts";
import { isInterfaceName } from "./interface-name.ts";

const ADDRESS = z.string().check(z.refine((text) => canonicalAddress(text) === text));
const RECORD = z.object({
  interface: z.string().check(z.refine(isInterfaceName)),
  family: z.enum(["ipv4", "ipv6"]),
  gateways: z.array(ADDRESS),
  address: z.optional(ADDRESS),
  source: z.enum(["dhcp-hook", "ppp-hook"]),
  at: z.number(),
  expires: z.optional(z.number()),
});

/** Name of the file in which the hooks record a report: `eth1.dhcp-hook.ipv4.json`. One writer per file. */
export function recordName(report: GatewayReport): string {
  return `${report.interface}.${report.source}.${report.family}.json`;
}

/** Text of a record. */
export function renderRecord(report: GatewayReport): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** Parses a record; `undefined` when the text is none (a file of another version, or damaged). */
export function parseRecord(text: string): GatewayReport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const record = z.safeParse(RECORD, value);
  if (!record.success) return undefined;
  const { address, expires, ...rest } = record.data;
  return { ...rest, ...(address === undefined ? {} : { address }), ...(expires === undefined ? {} : { expires }) };
}

/** Whether a new report asks for a new look at the routes: another gateway or address. A later expiry alone does not. */
export function recordDiffers(before: GatewayReport | undefined, now: GatewayReport): boolean {
  if (before === undefined) return true;
  return before.address !== now.address || before.gateways.join(" ") !== now.gateways.join(" ");
}
