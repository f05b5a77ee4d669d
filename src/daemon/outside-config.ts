import type { Applied } from "../applied.ts";
import { treeBelow } from "../config/build-tree.ts";
import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import { groupUses } from "../config/firewall-groups.ts";
import { ConfigError, type Issue } from "../config/issue.ts";
import { usesOutsideNames } from "../config/outside-names.ts";
import { parseConfigTree } from "../config/parse-config.ts";
import { parseSetCommands } from "../config/parse-set-commands.ts";
import { renderSetCommands } from "../config/render-tree.ts";
import type { Context } from "../context.ts";
import { readLookups } from "../host/read-lookups.ts";
import { lookUpNames } from "../look-up-names.ts";
import { pathsOfUsers } from "../uplink/configured-users.ts";

const OWN_LINE = /^set '?policy-route\b.*\n/gm;

/**
 * What is applied, with what the router's running configuration says by now of the rest: groups of the firewall that rules name, and
 * other users of marks. `applied` itself when that is the same; and when the running configuration has another policy-route section,
 * since then a commit is under way, or somebody applied a file: the rest is not what belongs to it.
 * @throws ConfigError for groups that cannot be followed: what is applied stays
 */
export async function withOutside(context: Context, applied: Applied, running: ConfigTree): Promise<Applied> {
  if (applied.config === undefined) return applied;
  const lookups = await readLookups(context.host, context.paths);
  const own = (router: ConfigTree) => parseConfigTree(treeBelow(router, ["policy-route"]) ?? EMPTY_TREE, lookups).config;
  const router = parseSetCommands(applied.text, context.paths.applied);
  const config = own(router);
  if (JSON.stringify(own(sorted(running))) !== JSON.stringify(own(sorted(router)))) return applied;
  const names = usesOutsideNames(config) ? await lookUpNames(context, config, running, lookups) : undefined;
  const missing = groupUses(config).flatMap(({ rule, kind, match }): Issue[] =>
    names?.known.firewallGroups?.get(kind)?.has(match.name) === true
      ? []
      : [{ path: ["rule", rule], message: `firewall ${kind} "${match.name}" does not exist any more` }],
  );
  const issues = [...(names?.issues ?? []), ...missing];
  if (issues.length > 0) throw new ConfigError(issues);
  const lines = applied.text.match(OWN_LINE) ?? [];
  const neighbours = pathsOfUsers(running).map((path) => `set ${path}\n`);
  const text = [...lines, names?.text ?? "", ...neighbours].join("");
  return text === applied.text ? applied : { config: names?.config ?? config, text };
}

/** In one order, whoever wrote it down. */
function sorted(router: ConfigTree): ConfigTree {
  return parseSetCommands(renderSetCommands(router, () => undefined));
}
