import type { Applied } from "./applied.ts";
import { EMPTY_TREE } from "./config/config-tree.ts";
import { usesOutsideNames } from "./config/outside-names.ts";
import { parseConfig } from "./config/parse-config.ts";
import { parseSetCommands } from "./config/parse-set-commands.ts";
import type { Context } from "./context.ts";
import { readLookups } from "./host/read-lookups.ts";

/** Text in `set` form that was checked before it was saved. @throws ConfigError, ConfigSyntaxError when it was tampered with */
export async function parseApplied(context: Context, text: string): Promise<Applied> {
  const router = parseSetCommands(text, context.paths.applied);
  const lookups = await readLookups(context.host, context.paths);
  const config = parseConfig(router.children.get("policy-route") ?? EMPTY_TREE, lookups);
  if (!usesOutsideNames(config)) return { config, text };
  const { lookUpNames } = await import("./look-up-names.ts");
  return { config: (await lookUpNames(context, config, router, lookups)).config, text };
}
