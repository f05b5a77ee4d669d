import type { ConfigTree } from "./config-tree.ts";
import { ConfigError, type Issue } from "./issue.ts";
import type { Lookups } from "./lookups.ts";
import { parseNode } from "./parse-node.ts";
import { type Config, policyRoute } from "./schema.ts";

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
  const issues: Issue[] = [];
  return { config: parseNode(policyRoute(lookups), tree, { path: [], issues }) as Config, issues };
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
