import { dirname } from "node:path";
import type { Collision } from "./compile/audit-marks.ts";
import type { Backend } from "./compile/choose-backend.ts";
import type { Moment } from "./compile/forget-connections.ts";
import { formatIssue } from "./config/issue.ts";
import type { Config } from "./config/schema.ts";
import type { Context } from "./context.ts";
import type { Prepared } from "./prepare.ts";
import type { Facts, Link } from "./uplink/facts.ts";
import type { MarkUse } from "./uplink/mark-use.ts";
import { type SinceByUplink, sinceOf } from "./uplink/since.ts";
import type { UplinkState } from "./uplink/uplink-state.ts";
import { VERSION } from "./version.ts";

/**
 * A configuration and its text in `set` form; both empty when nothing is configured. Of the rest of the router's configuration
 * the text has what it says of other users of marks (pathsOfUsers), and the groups of the firewall that rules name.
 */
export interface Applied {
  readonly config: Config | undefined;
  readonly text: string;
  /** The other users of marks in it, where they are known without reading it. */
  readonly neighbours?: readonly string[];
}

/** Paths of other users of marks in an applied text: of the rest of the router's configuration, without the groups of the firewall. Told apart without parsing: hooks read this at every call. */
export function neighboursIn(text: string): string[] {
  return [...text.matchAll(/^set (?!'?policy-route\b|'firewall' 'group')(.+)$/gm)].map(([, path = ""]) => path);
}

/** The world-readable picture of the last reconcile, for operators who may not ask the kernel. Version 1. */
export interface SavedState {
  readonly version: 1;
  /** Seconds since the epoch, and why it was done. */
  readonly at: number;
  readonly reason: string;
  readonly backend?: Backend;
  readonly uplinks: readonly UplinkState[];
  /** Since when each uplink is up or down. */
  readonly since?: SinceByUplink;
  /** Seconds since the epoch of the last commit. */
  readonly committed?: number;
  readonly slots: Readonly<Record<string, number>>;
  /** Members of groups that are held back: what takes their place is remembered by connections. */
  readonly held?: Readonly<Record<string, readonly string[]>>;
  readonly warnings: readonly string[];
  readonly markUses?: readonly MarkUse[];
  readonly collisions?: readonly Collision[];
  /** Which iptables holds the rules: when another is in use at the next reconcile, the old one has to be cleared. */
  readonly frontEnd: Prepared["frontEnd"];
}

/** What the boot unit needs of the last life of this machine. */
export interface LastApplied {
  readonly version: 1;
  readonly text: string;
  readonly links: readonly Link[];
}

/** The applied configuration as values, for the version of the program that wrote it. */
interface ParsedApplied {
  readonly program: string;
  readonly text: string;
  readonly config: Config;
}

/**
 * The configuration that was last applied since boot. Its text is what counts; reading the values that were saved beside it
 * spares hooks and `show` the parser, which is a third of their time (with 1,000 rules most of it).
 */
export async function readApplied(context: Context): Promise<Applied> {
  const text = await context.host.read(context.paths.applied);
  if (text === undefined || text.trim() === "") return { config: undefined, text: "" };
  const parsed = await readParsed(context);
  if (parsed?.program === VERSION && parsed.text === text) return { config: parsed.config, text };
  return await (await import("./parse-applied.ts")).parseApplied(context, text);
}

/** Damaged or missing, it is made anew from the text. */
async function readParsed({ host, paths }: Context): Promise<ParsedApplied | undefined> {
  try {
    return JSON.parse((await host.read(paths.appliedValues)) ?? "null") ?? undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The picture of the last reconcile; a damaged one is as good as none, since the next reconcile makes it anew. */
export async function readSavedState({ host, paths }: Context): Promise<SavedState | undefined> {
  const text = await host.read(paths.state);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as SavedState);
  } catch {
    return undefined;
  }
}

export async function readLastApplied(context: Context): Promise<LastApplied | undefined> {
  const text = await context.host.read(context.paths.lastApplied);
  return text === undefined ? undefined : (JSON.parse(text) as LastApplied);
}

/** Why there is something to save, and after what. */
export interface SavedFor {
  readonly reason: string;
  readonly before: SavedState | undefined;
  /** The operator gave a configuration. */
  readonly commits: boolean;
  /** `appliedValues`, when they are there already. */
  readonly values?: string;
}

/** The values beside the text of a configuration, as they are kept. */
export function appliedValues({ config, text }: Applied): string {
  if (config === undefined) return "";
  const parsed: ParsedApplied = { program: VERSION, text, config };
  return `${JSON.stringify(parsed)}\n`;
}

/** Remembers what is live now; files that would not change are not written. */
export async function saveApplied(
  context: Context,
  applied: Applied,
  settled: Prepared,
  { reason, before, commits, values = appliedValues(applied) }: SavedFor,
): Promise<void> {
  const { host, paths } = context;
  if (applied.config === undefined) {
    const files = [paths.applied, paths.appliedValues, paths.state, paths.liveness, paths.probes, paths.forced];
    for (const path of files) await host.remove(path);
    await host.removeFolder(dirname(paths.lastApplied));
    return;
  }
  await writeChanged(context, paths.applied, applied.text);
  await writeChanged(context, paths.appliedValues, values);
  const at = settled.facts?.now ?? 0;
  const committed = commits ? at : before?.committed;
  const state: SavedState = {
    version: 1,
    at,
    reason,
    since: sinceOf(before?.since ?? {}, settled.uplinks, at),
    ...(committed === undefined ? {} : { committed }),
    ...(settled.backend === undefined ? {} : { backend: settled.backend }),
    uplinks: settled.uplinks,
    slots: Object.fromEntries(settled.slots.assignment.slots),
    ...(settled.facts === undefined || settled.facts.liveness.held.size === 0 ? {} : { held: heldNow(settled.facts) }),
    warnings: settled.warnings.map(formatIssue),
    markUses: settled.facts?.markUses ?? [],
    collisions: settled.collisions,
    frontEnd: settled.frontEnd,
  };
  await host.write(paths.state, `${JSON.stringify(state)}\n`);
  // On disk, where replacing a file can wait for others: after what this life of the machine asks for.
  const last: LastApplied = { version: 1, text: applied.text, links: settled.facts?.links ?? [] };
  await writeChanged(context, paths.lastApplied, `${JSON.stringify(last)}\n`);
}

/** What the last reconcile left behind, for comparing with now. */
export function momentOf({ uplinks = [], held = {}, at = 0 }: Partial<SavedState>): Moment {
  const members = (names: readonly string[]) => new Map(names.map((name) => [name, undefined]));
  return { uplinks, held: new Map(Object.entries(held).map(([group, names]) => [group, members(names)])), now: at };
}

function heldNow({ liveness, now }: Facts): Record<string, string[]> {
  const names = (members: ReadonlyMap<string, number | undefined>) =>
    [...members].flatMap(([name, until]) => (until === undefined || until > now ? [name] : []));
  return Object.fromEntries([...liveness.held].map(([group, members]) => [group, names(members)]));
}

async function writeChanged(context: Context, path: string, text: string): Promise<void> {
  if ((await context.host.read(path)) !== text) await context.host.write(path, text);
}
