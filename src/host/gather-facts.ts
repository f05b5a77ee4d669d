import { parseSlotMemory, parseTableNames } from "../compile/slot-memory.ts";
import type { Config } from "../config/schema.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import type { Paths } from "../paths.ts";
import type { Facts, Link } from "../uplink/facts.ts";
import { parseLinks } from "../uplink/parse-links.ts";
import { gatherGateways } from "./gather-gateways.ts";
import type { Host } from "./host.ts";
import { output, parseJsonLines, readOrigins, type TablesAndRules } from "./observe-kernel.ts";

/** Families the kernel has: IPv6 is missing when it was booted without. */
export async function familiesOf(host: Host): Promise<readonly Family[]> {
  return (await host.read("/proc/net/if_inet6")) === undefined ? ["ipv4"] : FAMILIES;
}

/** Interfaces with their addresses. */
export async function readLinks(host: Host): Promise<readonly Link[]> {
  return parseLinks(parseJsonLines(await output(host, ["ip", "-d", "-j", "addr", "show"])).flat());
}

/**
 * Everything the pure part has to know about the running router. `seen` is being read already, since the caller needs it
 * too; what does not depend on it is asked at the same time.
 */
export async function gatherFacts(
  host: Host,
  paths: Paths,
  config: Config,
  known: {
    readonly families: readonly Family[];
    readonly seen: Promise<TablesAndRules>;
  },
  allowSsh: boolean,
): Promise<Facts> {
  const interfaces = Object.values(config.uplink).flatMap((uplink) => (uplink.interface === undefined ? [] : [uplink.interface]));
  const links = known.seen.then((seen) => seen.links);
  const [seen, gateways, slots, tableNames, rpFilter] = await Promise.all([
    known.seen,
    gatherGateways(host, paths, config, links, { allowSsh }),
    host.read(paths.rtTables).then(parseSlotMemory),
    readTableNames(host, paths),
    readRpFilter(host, paths, ["all", ...interfaces]),
  ]);
  return {
    now: Math.floor(host.now() / 1000),
    families: known.families,
    links: seen.links,
    gateways: gateways.reports,
    slots,
    tableNames,
    rpFilter,
    untracked: { ipv4: untracked(seen, "ipv4"), ipv6: untracked(seen, "ipv6") },
    ipset: seen.setNames !== undefined,
    problems: gateways.problems,
  };
}

function untracked(seen: TablesAndRules, family: Family): Facts["untracked"][Family] {
  const saved = seen.saved[family];
  if (!saved.notrack && !saved.vyattaHooks) return "none";
  return saved.vyattaHooks ? "vyatta-hook" : "notrack";
}

/** Routing table names that iproute2 knows from files other than ours. */
export async function readTableNames(host: Host, paths: Paths): Promise<Map<string, number>> {
  const folder = paths.rtTables.slice(0, paths.rtTables.lastIndexOf("/"));
  const files = (await host.list(folder)).filter((name) => name.endsWith(".conf")).map((name) => `${folder}/${name}`);
  const main = `${folder.replace(/\.d$/, "")}`;
  const texts = await Promise.all([main, ...files.filter((file) => file !== paths.rtTables)].map((file) => host.read(file)));
  return new Map(texts.flatMap((text) => [...parseTableNames(text ?? "")]));
}

/** rp_filter as it was before us: what we set ourselves says nothing about the firewall's wish. */
async function readRpFilter(host: Host, paths: Paths, interfaces: readonly string[]): Promise<Map<string, number>> {
  const origins = await readOrigins(host, paths.sysctls);
  const values = new Map<string, number>();
  for (const name of new Set(interfaces)) {
    const key = `net/ipv4/conf/${name}/rp_filter`;
    const text = origins.get(key)?.found ?? (await host.read(`/proc/sys/${key}`));
    if (text !== undefined) values.set(name, Number(text.trim()));
  }
  return values;
}
