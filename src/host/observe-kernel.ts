import { type ForeignDefault, parseForeignDefaults } from "../kernel/foreign-default.ts";
import { parseCatchAlls, parseForeignRules, parseIpRules, parseRoutes } from "../kernel/iproute.ts";
import { parseIpSets } from "../kernel/ipset.ts";
import type { Jump, KernelObjects, Observed, SysctlOrigin } from "../kernel/kernel-objects.ts";
import type { IpRule, IpSet, Route } from "../kernel/kernel-state.ts";
import { SET_PREFIX } from "../kernel/ownership.ts";
import type { SavedTables } from "../kernel/parse-iptables-save.ts";
import type { Family } from "../net/address.ts";
import type { ForeignRule } from "../net/foreign-marks.ts";
import type { CatchAll, Link } from "../uplink/facts.ts";
import { parseLinks } from "../uplink/parse-links.ts";
import { CommandError, type Host, HostError } from "./host.ts";
import { NO_NFT, observeNft, observeOurNft, type SeenNft } from "./observe-nft.ts";
import { type LegacyTables, readLegacy } from "./read-legacy.ts";
import { askFrontEnd, saveIptables } from "./save-iptables.ts";

/** What can be read before it is known what is wanted. */
export interface TablesAndRules {
  readonly saved: Readonly<Record<Family, SavedTables>>;
  /** What `iptables` is here; `undefined` when it was not asked, or is neither. */
  readonly frontEnd: SavedTables["frontEnd"];
  readonly legacy: LegacyTables;
  readonly ipRules: readonly IpRule[];
  readonly foreignRules: readonly ForeignRule[];
  readonly catchAlls: readonly CatchAll[];
  readonly links: readonly Link[];
  /** Our routes in `tables`. */
  readonly routes: readonly Route[];
  /** Default routes of others in them. */
  readonly foreignDefaults: readonly ForeignDefault[];
  readonly tables: readonly number[];
  /** Names of all sets; `undefined` when ipset(8) does not answer: it is not installed, or the kernel lacks it. */
  readonly setNames: readonly string[] | undefined;
  readonly nft: SeenNft;
}

/** What to look at besides: tables, sysctls and files of the desired state and of the last one. */
export interface ObserveScope {
  readonly families: readonly Family[];
  readonly tables: readonly number[];
  readonly sysctls: readonly string[];
  readonly files: readonly string[];
  readonly originsPath: string;
  /** Jumps that are there count as first, whoever is in front of them. */
  readonly leaveOrder: boolean;
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

/** How to look, where not at everything. */
export interface Looks {
  readonly counters?: boolean;
  /**
   * Our tables of nft were there last: they are asked for at once, and so is what only that leaves open, which front end iptables is. Else
   * both come after the first answers, in another round of programs.
   */
  readonly expectsNft?: boolean;
  readonly lookForSets?: (host: Host) => Promise<TablesAndRules["setNames"]>;
  readonly lookForNft?: (host: Host, frontEnd: Promise<SavedTables["frontEnd"]> | undefined) => Promise<SeenNft>;
  /** Where iptables has nothing to say. */
  readonly lookForFrontEnd?: (host: Host) => Promise<SavedTables["frontEnd"]>;
  readonly lookForLegacy?: typeof readLegacy;
}

/**
 * For looking again at what was seen before: a program that can have nothing to say is not started. Sets and nft tables of ours
 * are there only when they were there before (`observed`) or have been asked for.
 */
export function looksAgain(...objects: readonly Pick<KernelObjects, "sets" | "nft">[]): Looks {
  return {
    ...(objects.some(({ sets }) => sets.length > 0) ? {} : { lookForSets: async () => [] }),
    lookForNft: objects.some(({ nft }) => nft.length > 0) ? observeOurNft : async () => NO_NFT,
    lookForFrontEnd: async () => undefined,
    lookForLegacy: async () => ({}),
  };
}

const NOTHING_SAVED: SavedTables = {
  chains: [],
  jumps: [],
  foreignChains: [],
  foreignWrites: [],
  trackIn: [],
  packets: new Map(),
  closed: [],
  frontEnd: undefined,
};

/**
 * iptables-save, our nft tables, ip rule and the routes of `tables` in each family, interfaces, and the names of sets: in few programs and all
 * side by side, since starting them is most of the time of a run. `counters` costs nothing but makes the text longer.
 */
export async function observeTablesAndRules(
  host: Host,
  families: readonly Family[],
  tables: readonly number[],
  {
    counters = false,
    expectsNft = false,
    lookForSets = readSetNames,
    lookForNft = (host, frontEnd) => observeNft(host, expectsNft, frontEnd),
    lookForFrontEnd = askFrontEnd,
    lookForLegacy = readLegacy,
  }: Looks = {},
): Promise<TablesAndRules> {
  const usable = usableTables(tables);
  const has4 = families.includes("ipv4");
  const saving4 = has4 ? saveIptables(host, "iptables", "ipv4", counters) : undefined;
  const asked = expectsNft && has4 ? lookForFrontEnd(host) : undefined;
  const asking = saving4?.then((saved) => saved.frontEnd ?? asked ?? lookForFrontEnd(host));
  const read = async (family: Family, saving: Promise<SavedTables>) => {
    const [saved, routing] = await Promise.all([
      saving,
      observeRouting(host, family, [...(family === "ipv4" ? ["addr show"] : []), "rule show", ...usable.map(showTable)]),
    ]);
    const [addresses = [], rules = [], ...routes] = family === "ipv4" ? routing : [[], ...routing];
    return {
      saved,
      links: family === "ipv4" ? parseLinks(addresses) : [],
      ipRules: parseIpRules(rules, family),
      foreignRules: parseForeignRules(rules, family),
      catchAlls: parseCatchAlls(rules).map((preference) => ({ family, preference })),
      ...routesOf(usable, routes, family),
    };
  };
  const [ipv4, ipv6, frontEnd, legacy, setNames, nft] = await Promise.all([
    saving4 === undefined ? undefined : read("ipv4", saving4),
    families.includes("ipv6") ? read("ipv6", saveIptables(host, "ip6tables", "ipv6", counters)) : undefined,
    asking,
    asking?.then((frontEnd) => lookForLegacy(host, families, frontEnd)),
    lookForSets(host),
    lookForNft(host, asking),
  ]);
  return {
    saved: { ipv4: ipv4?.saved ?? NOTHING_SAVED, ipv6: ipv6?.saved ?? NOTHING_SAVED },
    frontEnd,
    legacy: legacy ?? {},
    ipRules: [...(ipv4?.ipRules ?? []), ...(ipv6?.ipRules ?? [])],
    foreignRules: [...(ipv4?.foreignRules ?? []), ...(ipv6?.foreignRules ?? [])],
    catchAlls: [...(ipv4?.catchAlls ?? []), ...(ipv6?.catchAlls ?? [])],
    links: ipv4?.links ?? [],
    routes: [...(ipv4?.routes ?? []), ...(ipv6?.routes ?? [])],
    foreignDefaults: [...(ipv4?.foreignDefaults ?? []), ...(ipv6?.foreignDefaults ?? [])],
    tables: usable,
    setNames,
    nft,
  };
}

/** Tables 0 and 253-255 are the system's: an operator's `set table main` looks main up, that does not make it ours. */
function usableTables(tables: readonly number[]): number[] {
  return [...new Set(tables)].filter((table) => table > 0 && (table < 253 || table > 255)).sort((a, b) => a - b);
}

function showTable(table: number): string {
  return `route show table ${table}`;
}

/** The answers of one `ip -batch`, one per question. */
async function observeRouting(host: Host, family: Family, questions: readonly string[]): Promise<unknown[][]> {
  if (questions.length === 0) return [];
  // `ip -4 addr` would leave out interfaces without an IPv4 address; without a family `rule` and `route ... table` mean IPv4.
  const argv = ["ip", ...(family === "ipv4" ? [] : ["-6"]), "-N", "-d", "-j", "-batch", "-"];
  const answers = parseJsonLines(await output(host, argv, `${questions.join("\n")}\n`));
  if (answers.length !== questions.length)
    throw new HostError(`ip -batch gave ${answers.length} answers to ${questions.length} questions`);
  return answers;
}

async function readSetNames(host: Host): Promise<readonly string[] | undefined> {
  const { exitCode, stdout, stderr } = await host.run(["ipset", "list", "-n"]);
  if (exitCode === 0) return stdout.split("\n").filter((name) => name !== "");
  if (exitCode !== 127 && exitCode !== 126 && /permitted/i.test(stderr)) throw new HostError(`ipset: ${stderr.trim()}`);
  return undefined;
}

/** With what of others stands in our tables. */
export interface ObservedAll extends Observed {
  readonly foreignDefaults: readonly ForeignDefault[];
}

/** Everything of ours in the kernel and in files. Reads `main` never: two full BGP feeds live there. */
export async function observeKernel(host: Host, seen: TablesAndRules, scope: ObserveScope): Promise<ObservedAll> {
  const looked = seen.ipRules.flatMap((rule) =>
    typeof rule.action === "object" && "lookup" in rule.action ? [rule.action.lookup] : [],
  );
  const unread = usableTables([...scope.tables, ...looked]).filter((table) => !seen.tables.includes(table));
  const jumps = [...seen.saved.ipv4.jumps, ...seen.saved.ipv6.jumps];
  const origins = await readOrigins(host, scope.originsPath);
  const keys = [...new Set([...scope.sysctls, ...origins.keys()])];
  const [routes, sets, sysctls, files] = await Promise.all([
    Promise.all(scope.families.map((family) => observeRoutes(host, family, unread))),
    observeSets(host, seen.setNames ?? []),
    Promise.all(keys.map(async (key) => [key, (await host.read(`/proc/sys/${key}`))?.trim()] as const)),
    Promise.all(scope.files.map(async (file) => [file, await host.read(file)] as const)),
  ]);
  return {
    chains: [...seen.saved.ipv4.chains, ...seen.saved.ipv6.chains],
    jumps: scope.leaveOrder ? jumps.map(asFirst) : jumps,
    nft: seen.nft.tables,
    ipRules: seen.ipRules,
    routes: [...seen.routes, ...routes.flatMap((read) => read.routes)],
    foreignDefaults: [...seen.foreignDefaults, ...routes.flatMap((read) => read.foreignDefaults)],
    sets,
    sysctls: new Map(keepDefined(sysctls)),
    files: new Map(keepDefined(files)),
    origins,
  };
}

function asFirst({ behind: _, ...jump }: Jump): Jump {
  return { ...jump, position: 1 };
}

function keepDefined(entries: readonly (readonly [string, string | undefined])[]): [string, string][] {
  return entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as [string, string]]));
}

async function observeRoutes(host: Host, family: Family, tables: readonly number[]): Promise<ReadRoutes> {
  return routesOf(tables, await observeRouting(host, family, tables.map(showTable)), family);
}

type ReadRoutes = Pick<TablesAndRules, "routes" | "foreignDefaults">;

/** What the tables have of us, and which defaults of others. `answers`: one per table. */
function routesOf(tables: readonly number[], answers: readonly (readonly unknown[])[], family: Family): ReadRoutes {
  return {
    routes: tables.flatMap((table, i) => parseRoutes(answers[i] ?? [], family, table)),
    foreignDefaults: tables.flatMap((table, i) => parseForeignDefaults(answers[i] ?? [], family, table)),
  };
}

/** The content of sets is only dumped when one of them is ours. */
async function observeSets(host: Host, names: readonly string[]): Promise<IpSet[]> {
  return names.some((name) => name.startsWith(SET_PREFIX)) ? parseIpSets(await output(host, ["ipset", "save"])) : [];
}

/** A key that is no sysctl of an interface would be written to, as root, by whoever may write this file. */
const SYSCTL_KEY = /^net\/ipv[46]\/conf\/(?!\.\.?\/)[^/]+\/[a-z_]+$/;

/** What is remembered of sysctls. Throws HostError with the file's name when it does not read as what we write. */
export async function readOrigins(host: Host, path: string): Promise<Map<string, SysctlOrigin>> {
  const text = await host.read(path);
  if (text === undefined) return new Map();
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, SysctlOrigin>);
    if (entries.every(([key, { found, set }]) => SYSCTL_KEY.test(key) && typeof found === "string" && typeof set === "string"))
      return new Map(entries);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new HostError(`${path} is damaged. Remove it to give up what is remembered of sysctls`);
}
