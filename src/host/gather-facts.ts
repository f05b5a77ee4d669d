import { iptablesOnly } from "../compile/iptables-only.ts";
import { parseSlotMemory, parseTableNames } from "../compile/slot-memory.ts";
import type { Config } from "../config/schema.ts";
import { isOwnValue } from "../kernel/kernel-objects.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import type { ForeignWrite } from "../net/foreign-marks.ts";
import type { Paths } from "../paths.ts";
import { configuredUses } from "../uplink/configured-users.ts";
import type { Facts, GatewayReport, Link, NftFacts } from "../uplink/facts.ts";
import { findRivals } from "../uplink/find-rivals.ts";
import { kernelUses } from "../uplink/kernel-users.ts";
import { parseForced, parseLiveness } from "../uplink/liveness.ts";
import type { MarkUse } from "../uplink/mark-use.ts";
import { parseLinks } from "../uplink/parse-links.ts";
import { gatherGateways } from "./gather-gateways.ts";
import type { Host } from "./host.ts";
import { output, parseJsonLines, readOrigins, type TablesAndRules } from "./observe-kernel.ts";
import { tryConnlabel } from "./try-connlabel.ts";
import { tryNft } from "./try-nft.ts";

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
    /** Paths of the router's configuration that speak of other users of marks. */
    readonly neighbours: readonly string[];
    /** The kernel's default routes, where it was asked before. */
    readonly defaults?: Promise<readonly GatewayReport[]> | undefined;
  },
  allowSsh: boolean,
): Promise<Facts> {
  const interfaces = Object.values(config.uplink).flatMap((uplink) => (uplink.interface === undefined ? [] : [uplink.interface]));
  const links = known.seen.then((seen) => seen.links);
  const [seen, backend, gateways, slots, tableNames, rpFilter, liveness, forced] = await Promise.all([
    known.seen,
    known.seen.then((seen) => gatherBackendFacts(host, config, seen, known)),
    gatherGateways(host, paths, config, links, {
      allowSsh,
      defaults: known.defaults,
    }),
    host.read(paths.rtTables).then(parseSlotMemory),
    readTableNames(host, paths),
    readRpFilter(host, paths, ["all", ...interfaces]),
    host.read(paths.liveness).then(parseLiveness),
    host.read(paths.forced).then(parseForced),
  ]);
  return {
    now: Math.floor(host.now() / 1000),
    families: known.families,
    links: seen.links,
    gateways: gateways.reports,
    slots,
    tableNames,
    rpFilter,
    trackIn: { ipv4: seen.saved.ipv4.trackIn, ipv6: seen.saved.ipv6.trackIn },
    ...backend,
    markUses: findMarkUses(seen, known.neighbours),
    catchAlls: seen.catchAlls,
    ipset: seen.setNames !== undefined,
    setNames: seen.setNames ?? [],
    liveness,
    forced,
    problems: gateways.problems,
  };
}

const LOAD_BALANCING = "load-balancing wan";

function findMarkUses({ foreignRules, saved, legacy, nft }: TablesAndRules, neighbours: readonly string[]): MarkUse[] {
  const inNft = nft.foreign.flatMap(({ table, writes }) =>
    writes.map((write): ForeignWrite => ({ write, place: table, hooks: ["PREROUTING"] })),
  );
  const inIptables = [saved.ipv4, saved.ipv6, ...Object.values(legacy)].flatMap((tables) => tables.foreignWrites);
  const writes = [...inIptables, ...inNft];
  return [...configuredUses(neighbours), ...kernelUses(foreignRules, writes)];
}

/** Nobody is asked about the backend that will not be taken, nor about what is there already and so has proved itself. */
async function gatherBackendFacts(
  host: Host,
  config: Config,
  seen: TablesAndRules,
  { families, neighbours }: { readonly families: readonly Family[]; readonly neighbours: readonly string[] },
): Promise<Pick<Facts, "nft" | "iptables" | "rivals">> {
  const legacy = Object.values(seen.legacy);
  const rivals = findRivals({
    loadBalancing: neighbours.includes(LOAD_BALANCING),
    iptablesChains: [seen.saved.ipv4, seen.saved.ipv6, ...legacy].flatMap((tables) => tables.foreignChains),
    nftChains: seen.nft.foreign,
    legacy: {
      marks: legacy.some((tables) => tables.foreignWrites.some(({ hooks }) => hooks.includes("PREROUTING"))),
      untracks: legacy.some((tables) => tables.trackIn.length > 0),
    },
  });
  const closed = [...new Set([...seen.saved.ipv4.closed, ...seen.saved.ipv6.closed])];
  const avoided = rivals.length > 0 || closed.length > 0;
  const auto = config.backend === "auto" && avoided && iptablesOnly(config).length === 0;
  const possible = config.backend === "nftables" || auto;
  const nft = await gatherNftFacts(host, seen, families, possible);
  const asked = !(possible && nft.works) && closed.length === 0;
  return { nft, iptables: { labels: asked && (await gatherConnlabel(host, seen)), closed }, rivals };
}

async function gatherNftFacts(
  host: Host,
  { nft }: TablesAndRules,
  families: readonly Family[],
  possible: boolean,
): Promise<NftFacts> {
  if (nft.unusable !== undefined) return { works: false, why: nft.unusable };
  if (!possible) return { works: true, labels: false };
  const there = nft.tables.flatMap((table) => table.chains.flatMap((chain) => chain.lines));
  // Asking takes the kernel a while: it waits for every core.
  if (there.some((line) => line.text.includes("ct label set"))) return { works: true, labels: true };
  return await tryNft(host, families.includes("ipv6"));
}

async function gatherConnlabel(host: Host, { saved }: TablesAndRules): Promise<boolean> {
  const there = [...saved.ipv4.chains, ...saved.ipv6.chains].flatMap((chain) => chain.lines);
  return there.some((line) => line.text.includes("-m connlabel")) || (await tryConnlabel(host));
}

/** Routing table names that iproute2 knows from files other than ours. */
export async function readTableNames(host: Host, paths: Paths): Promise<Map<string, number>> {
  const folder = paths.rtTables.slice(0, paths.rtTables.lastIndexOf("/"));
  const files = (await host.list(folder)).filter((name) => name.endsWith(".conf")).map((name) => `${folder}/${name}`);
  const main = `${folder.replace(/\.d$/, "")}`;
  const texts = await Promise.all([main, ...files.filter((file) => file !== paths.rtTables)].map((file) => host.read(file)));
  return new Map(texts.flatMap((text) => [...parseTableNames(text ?? "")]));
}

/** rp_filter as others want it: what we set ourselves says nothing about the firewall's wish. */
async function readRpFilter(host: Host, paths: Paths, interfaces: readonly string[]): Promise<Map<string, number>> {
  const origins = await readOrigins(host, paths.sysctls);
  const values = new Map<string, number>();
  for (const name of new Set(interfaces)) {
    const key = `net/ipv4/conf/${name}/rp_filter`;
    const now = (await host.read(`/proc/sys/${key}`))?.trim();
    const origin = origins.get(key);
    if (now !== undefined) values.set(name, Number(origin !== undefined && isOwnValue(origin, now) ? origin.found : now));
  }
  return values;
}
