import { canonicalAddress, familyOf } from "../net/address.ts";
import { dhcpGateways } from "./dhcp-gateways.ts";
import type { GatewayReport } from "./facts.ts";
import { isInterfaceName } from "./interface-name.ts";
import { type Statement, statementsOf } from "./lease-statements.ts";

/**
 * Parses dhclient's lease file (dhclient.leases(5)): the last readable lease of each interface, since dhclient appends and takes
 * the last. An expired lease is reported as it stands, `expires` says so. DHCPv6 leases (`lease6`) name no gateway and give no
 * report; a lease that is cut short by the end of the file does not count. The file may lag behind: dhclient 4.4 writes it after
 * the hooks have run and at most every 15 s (MIN_LEASE_WRITE). `at` is when the file was written, in seconds.
 */
export function parseLeaseFile(text: string, at?: number): readonly GatewayReport[] {
  const reports = new Map<string, GatewayReport>();
  for (const statement of statementsOf(text)) {
    if (statement.words[0] !== "lease" || statement.block === undefined) continue;
    const report = leaseReport(statement.block, at);
    if (report !== undefined) reports.set(report.interface, report);
  }
  return [...reports.values()];
}

function leaseReport(block: readonly Statement[], at: number | undefined): GatewayReport | undefined {
  const name = value(block, "interface");
  const address = canonicalAddress(value(block, "fixed-address"));
  if (!isInterfaceName(name) || address === undefined || familyOf(address) !== "ipv4") return undefined;
  const classless = ["rfc3442-classless-static-routes", "classless-static-routes", "classless-routes"]
    .map((option) => value(block, "option", option))
    .find((text) => text !== "");
  const { gateways } = dhcpGateways(value(block, "option", "routers"), classless);
  const expires = leaseTime(block.find((statement) => statement.words[0] === "expire")?.words.slice(1) ?? []);
  return {
    interface: name,
    family: "ipv4",
    gateways,
    address,
    source: "lease-file",
    ...(at === undefined ? {} : { at }),
    ...(expires === undefined ? {} : { expires }),
  };
}

/** The words of the last statement that begins with `start`, joined by spaces; empty when there is none. */
function value(block: readonly Statement[], ...start: readonly string[]): string {
  const found = block.filter((statement) => start.every((word, at) => statement.words[at] === word)).at(-1);
  return found === undefined ? "" : found.words.slice(start.length).join(" ");
}

/** `4 2026/11/20 12:00:00` (UTC), `epoch 1795176000` or `never`; seconds since the epoch, `undefined` for never and for junk. */
function leaseTime(words: readonly string[]): number | undefined {
  if (words[0] === "epoch") return /^\d{1,12}$/.test(words[1] ?? "") ? Number(words[1]) : undefined;
  const date = /^(\d{4})\/(\d{1,2})\/(\d{1,2})$/.exec(words[1] ?? "");
  const time = /^(\d{1,2}):(\d{2}):(\d{2})$/.exec(words[2] ?? "");
  if (date === null || time === null) return undefined;
  const [year = 0, month = 0, day = 0] = date.slice(1).map(Number);
  const [hour = 0, minute = 0, second = 0] = time.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}
