import type { Applied } from "./applied.ts";
import { EMPTY_TREE } from "./config/config-tree.ts";
import { formatIssue } from "./config/issue.ts";
import { usesOutsideNames } from "./config/outside-names.ts";
import { parseConfigTree } from "./config/parse-config.ts";
import { parseSetCommands } from "./config/parse-set-commands.ts";
import type { Context } from "./context.ts";
import { HostError } from "./host/host.ts";
import { readLookups } from "./host/read-lookups.ts";

/** Text in `set` form that was checked before it was saved. @throws HostError, ConfigSyntaxError when it was tampered with */
export async function parseApplied(context: Context, text: string): Promise<Applied> {
  const router = parseSetCommands(text, context.paths.applied);
  const lookups = await readLookups(context.host, context.paths);
  const { config, issues } = parseConfigTree(router.children.get("policy-route") ?? EMPTY_TREE, lookups);
  // No operator wrote this: what is wrong with it is the file.
  if (issues.length > 0)
    throw new HostError(`${context.paths.applied} is damaged (${issues.map(formatIssue).join("; ")}): commit again`);
  if (!usesOutsideNames(config)) return { config, text };
  const { lookUpNames } = await import("./look-up-names.ts");
  return { config: (await lookUpNames(context, config, router, lookups)).config, text };
}
