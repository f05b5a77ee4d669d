import { EMPTY_TREE } from "./config/config-tree.ts";
import { parseConfig } from "./config/parse-config.ts";
import { parseSetCommands } from "./config/parse-set-commands.ts";
import type { Config } from "./config/schema.ts";
import type { Context } from "./context.ts";
import { readLookups } from "./host/read-lookups.ts";
import type { Prepared } from "./prepare.ts";
import { formatIssue } from "./config/issue.ts";
import type { Link } from "./uplink/facts.ts";
import type { UplinkState } from "./uplink/uplink-state.ts";

/** A configuration and its text in `set` form; both empty when nothing is configured. */
export interface Applied {
  readonly config: Config | undefined;
  readonly text: string;
}

/** The world-readable picture of the last reconcile, for operators who may not ask the kernel. Version 1. */
export interface SavedState {
  readonly version: 1;
  /** Seconds since the epoch, and why it was done. */
  readonly at: number;
  readonly reason: string;
  readonly uplinks: readonly UplinkState[];
  readonly slots: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/** What the boot unit needs of the last life of this machine. */
export interface LastApplied {
  readonly version: 1;
  readonly text: string;
  readonly links: readonly Link[];
}

/** The configuration that was last applied since boot. */
export async function readApplied(context: Context): Promise<Applied> {
  const text = await context.host.read(context.paths.applied);
  return text === undefined || text.trim() === "" ? { config: undefined, text: "" } : await parseApplied(context, text);
}

/** Text in `set` form that was checked before it was saved. */
export async function parseApplied(context: Context, text: string): Promise<Applied> {
  const tree = parseSetCommands(text, context.paths.applied).children.get("policy-route") ?? EMPTY_TREE;
  return { config: parseConfig(tree, await readLookups(context.host, context.paths)), text };
}

export async function readSavedState(context: Context): Promise<SavedState | undefined> {
  const text = await context.host.read(context.paths.state);
  return text === undefined ? undefined : (JSON.parse(text) as SavedState);
}

export async function readLastApplied(context: Context): Promise<LastApplied | undefined> {
  const text = await context.host.read(context.paths.lastApplied);
  return text === undefined ? undefined : (JSON.parse(text) as LastApplied);
}

/** Remembers what is live now; files that would not change are not written. */
export async function saveApplied(context: Context, applied: Applied, settled: Prepared, reason: string): Promise<void> {
  const { host, paths } = context;
  if (applied.config === undefined) {
    for (const path of [paths.applied, paths.lastApplied, paths.state]) await host.remove(path);
    return;
  }
  const last: LastApplied = { version: 1, text: applied.text, links: settled.facts?.links ?? [] };
  await writeChanged(context, paths.applied, applied.text);
  await writeChanged(context, paths.lastApplied, `${JSON.stringify(last)}\n`);
  const state: SavedState = {
    version: 1,
    at: settled.facts?.now ?? 0,
    reason,
    uplinks: settled.uplinks,
    slots: Object.fromEntries(settled.slots.assignment.slots),
    warnings: settled.warnings.map(formatIssue),
  };
  await host.write(paths.state, `${JSON.stringify(state)}\n`);
}

async function writeChanged(context: Context, path: string, text: string): Promise<void> {
  if ((await context.host.read(path)) !== text) await context.host.write(path, text);
}
