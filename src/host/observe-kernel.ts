import { parseIpRules, parseRoutes } from "../kernel/iproute.ts";
import { parseIpSets } from "../kernel/ipset.ts";
import type { Observed, SysctlOrigin } from "../kernel/kernel-objects.ts";
import type { IpRule, IpSet, Route } from "../kernel/kernel-state.ts";
import { SET_PREFIX } from "../kernel/ownership.ts";
import { parseIptablesSave, type SavedTables } from "../kernel/parse-iptables-save.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import { CommandError, type Host, HostError } from "./host.ts";

/** What can be read before it is known what is wanted. */
export interface TablesAndRules {
  readonly saved: Readonly<Record<Family, SavedTables>>;
  readonly ipRules: readonly IpRule[];
}

/** What to look at besides: tables, sysctls and files of the desired state and of the last one. */
export interface ObserveScope {
  readonly families: readonly Family[];
  readonly tables: readonly number[];
  readonly sysctls: readonly string[];
  readonly files: readonly string[];
  readonly originsPath: string;
  readonly ipset: boolean;
}

/** Runs a command and gives its standard output; anything but exit 0 is a CommandError. */
export async function output(host: Host, argv: readonly string[], stdin?: string): Promise<string> {
  const result = await host.run(argv, stdin === undefined ? {} : { stdin });
  if (result.exitCode !== 0) throw new CommandError(argv, result, stdin);
  return result.stdout;
}

/** One JSON array per line, as `ip -j -batch` prints them; a command that found nothing prints `[]`. */
export function parseJsonLines(text: string): unknown[][] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as unknown[]);
}

const NOTHING_SAVED: SavedTables = { chains: [], jumps: [], vyattaHooks: false, notrack: false, packets: new Map(), frontEnd: undefined };

/** iptables-save and ip rule of each family, side by side. `counters` costs nothing but makes the text longer. */
export async function observeTablesAndRules(host: Host, families: readonly Family[], counters = false): Promise<TablesAndRules> {
  const read = async (family: Family) => {
    const four = family === "ipv4";
    const [save, rules] = await Promise.all([
      output(host, [four ? "iptables-save" : "ip6tables-save", ...(counters ? ["-c"] : [])]),
      output(host, ["ip", four ? "-4" : "-6", "-N", "-j", "rule", "show"]),
    ]);
    return { saved: parseIptablesSave(save, family), ipRules: parseIpRules(parseJsonLines(rules).flat(), family) };
  };
  const [ipv4, ipv6] = await Promise.all(FAMILIES.map((family) => (families.includes(family) ? read(family) : undefined)));
  return {
    saved: { ipv4: ipv4?.saved ?? NOTHING_SAVED, ipv6: ipv6?.saved ?? NOTHING_SAVED },
    ipRules: [...(ipv4?.ipRules ?? []), ...(ipv6?.ipRules ?? [])],
  };
}

/** Everything of ours in the kernel and in files. Reads `main` never: two full BGP feeds live there. */
export async function observeKernel(host: Host, seen: TablesAndRules, scope: ObserveScope): Promise<Observed> {
  const looked = seen.ipRules.flatMap((rule) =>
    typeof rule.action === "object" && "lookup" in rule.action ? [rule.action.lookup] : [],
  );
  // Tables 0 and 253-255 are the system's: an operator's `set table main` looks main up, that does not make it ours.
  const tables = [...new Set([...scope.tables, ...looked])]
    .filter((table) => table > 0 && (table < 253 || table > 255))
    .sort((a, b) => a - b);
  const origins = await readOrigins(host, scope.originsPath);
  const keys = [...new Set([...scope.sysctls, ...origins.keys()])];
  const [routes, sets, sysctls, files] = await Promise.all([
    Promise.all(scope.families.map((family) => observeRoutes(host, family, tables))),
    scope.ipset ? observeSets(host) : [],
    Promise.all(keys.map(async (key) => [key, (await host.read(`/proc/sys/${key}`))?.trim()] as const)),
    Promise.all(scope.files.map(async (file) => [file, await host.read(file)] as const)),
  ]);
  return {
    chains: [...seen.saved.ipv4.chains, ...seen.saved.ipv6.chains],
    jumps: [...seen.saved.ipv4.jumps, ...seen.saved.ipv6.jumps],
    ipRules: seen.ipRules,
    routes: routes.flat(),
    sets,
    sysctls: new Map(keepDefined(sysctls)),
    files: new Map(keepDefined(files)),
    origins,
  };
}

function keepDefined(entries: readonly (readonly [string, string | undefined])[]): [string, string][] {
  return entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as [string, string]]));
}

async function observeRoutes(host: Host, family: Family, tables: readonly number[]): Promise<Route[]> {
  if (tables.length === 0) return [];
  const batch = `${tables.map((table) => `route show table ${table}`).join("\n")}\n`;
  const text = await output(host, ["ip", family === "ipv4" ? "-4" : "-6", "-N", "-d", "-j", "-batch", "-"], batch);
  const answers = parseJsonLines(text);
  if (answers.length !== tables.length)
    throw new HostError(`ip -batch gave ${answers.length} answers to ${tables.length} questions`);
  return tables.flatMap((table, i) => parseRoutes(answers[i] ?? [], family, table));
}

async function observeSets(host: Host): Promise<IpSet[]> {
  // `ipset list -n` is cheap; the content is only dumped when there is a set of ours.
  const names = (await output(host, ["ipset", "list", "-n"])).split("\n").filter((name) => name.startsWith(SET_PREFIX));
  return names.length === 0 ? [] : parseIpSets(await output(host, ["ipset", "save"]));
}

async function readOrigins(host: Host, path: string): Promise<Map<string, SysctlOrigin>> {
  const text = await host.read(path);
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(JSON.parse(text) as Record<string, SysctlOrigin>));
  } catch {
    throw new HostError(`${path} is damaged: it has to be JSON. Remove it to give up what is remembered of sysctls`);
  }
}
