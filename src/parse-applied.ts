import type { Applied } from "./applied.ts";
import { EMPTY_TREE } from "./config/config-tree.ts";
import { parseConfig } from "./config/parse-config.ts";
import { parseSetCommands } from "./config/parse-set-commands.ts";
import type { Context } from "./context.ts";
import { readLookups } from "./host/read-lookups.ts";

/** Text in `set` form that was checked before it was saved. @throws ConfigError, ConfigSyntaxError when it was tampered with */
export async function parseApplied(context: Context, text: string): Promise<Applied> {
  const tree = parseSetCommands(text, context.paths.applied).children.get("policy-route") ?? EMPTY_TREE;
  return { config: parseConfig(tree, await readLookups(context.host, context.paths)), text };
}
