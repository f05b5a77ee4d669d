import * as z from "zod/mini";
import type { ConfigTree } from "./config-tree.ts";
import { ConfigError, type Issue } from "./issue.ts";
import type { Lookups } from "./lookups.ts";
import { type Config, policyRoute } from "./schema.ts";
import { type RawObject, shapeNode } from "./shape.ts";

/**
 * What a tree says, and all that is wrong with its form. Where something is wrong, `config` is what is left without it: good
 * for finding further mistakes, never for applying.
 */
export interface ParsedConfig {
  readonly config: Config;
  readonly issues: readonly Issue[];
}

/** Reads the tree below `policy-route`. */
export function parseConfigTree(tree: ConfigTree, lookups: Lookups): ParsedConfig {
  const field = policyRoute(lookups);
  const issues: Issue[] = [];
  const raw = shapeNode(field, tree, [], issues);
  const result = z.safeParse(field.schema, raw);
  if (result.success) return { config: result.data, issues };
  for (const { path, message } of result.error.issues) issues.push({ path: leafPath(path), message });
  for (const { path } of result.error.issues) removeLeaf(raw, leafPath(path));
  return { config: z.parse(field.schema, raw), issues };
}

/**
 * The Config of a tree below `policy-route` that was checked before (the configuration that was last applied).
 * Throws ConfigError with all mistakes of form; what spans nodes is not looked at (check-tree.ts does).
 */
export function parseConfig(tree: ConfigTree, lookups: Lookups): Config {
  const { config, issues } = parseConfigTree(tree, lookups);
  if (issues.length > 0) throw new ConfigError(issues);
  return config;
}

/** zod counts the values of a multi node; the operator sees the node. Keys of tags are text, so only these are numbers. */
function leafPath(path: readonly PropertyKey[]): string[] {
  return path.filter((step) => typeof step === "string");
}

function removeLeaf(raw: RawObject, path: readonly string[]): void {
  let at: RawObject | undefined = raw;
  for (const step of path.slice(0, -1)) at = at?.[step] as RawObject | undefined;
  const last = path.at(-1);
  if (at === undefined || last === undefined || !(last in at)) return;
  delete at[last];
}
