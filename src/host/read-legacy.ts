import type { SavedTables } from "../kernel/parse-iptables-save.ts";
import type { Family } from "../net/address.ts";
import { CommandError, type Host } from "./host.ts";
import { saveIptables } from "./save-iptables.ts";

/** What the legacy front end of iptables holds while `iptables` is that of nft. The kernel asks both. */
export type LegacyTables = Readonly<Partial<Record<Family, SavedTables>>>;

/** Tables the legacy front end has loaded; there are none where it was never used (Linux, ip_tables). */
const LOADED: Readonly<Record<Family, string>> = { ipv4: "/proc/net/ip_tables_names", ipv6: "/proc/net/ip6_tables_names" };

/** Starts a program only where there is something to be read. */
export async function readLegacy(host: Host, families: readonly Family[], inUse: SavedTables["frontEnd"]): Promise<LegacyTables> {
  if (inUse !== "nft") return {};
  const read = async (family: Family): Promise<SavedTables | undefined> => {
    if (((await host.read(LOADED[family])) ?? "").trim() === "") return undefined;
    return await saveIfThere(host, family === "ipv4" ? "iptables-legacy" : "ip6tables-legacy", family);
  };
  const saved = await Promise.all(families.map(async (family) => [family, await read(family)] as const));
  return Object.fromEntries(saved.filter(([, tables]) => tables !== undefined));
}

/** A front end that is not installed, or that the kernel does not support, holds nothing. */
export async function saveIfThere(
  host: Host,
  program: Parameters<typeof saveIptables>[1],
  family: Family,
): Promise<SavedTables | undefined> {
  try {
    return await saveIptables(host, program, family);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}
