import type { CheckContext } from "./config/check-context.ts";
import type { ConfigTree } from "./config/config-tree.ts";
import { findFirewallGroups } from "./config/firewall-groups.ts";
import type { Issue } from "./config/issue.ts";
import type { Lookups } from "./config/lookups.ts";
import { fillNames, usedNames } from "./config/outside-names.ts";
import { renderSetCommands } from "./config/render-tree.ts";
import type { Config } from "./config/schema.ts";
import type { Context } from "./context.ts";
import { readIds } from "./host/read-ids.ts";
import { readSets } from "./host/read-sets.ts";

/** A configuration whose names of users and firewall groups are looked up. */
export interface NamesLookedUp {
  readonly config: Config;
  readonly known: Pick<CheckContext, "users" | "userGroups" | "firewallGroups" | "sets">;
  readonly issues: readonly Issue[];
  /** `set firewall group ...`: what of the router's configuration it hangs on, to be kept with what is applied. */
  readonly text: string;
}

/** Looks up the names that rules have of users and groups of this machine, and of groups of the router's firewall. */
export async function lookUpNames(
  { host }: Context,
  config: Config,
  router: ConfigTree,
  lookups: Lookups,
): Promise<NamesLookedUp> {
  const names = usedNames(config);
  const [users, userGroups, sets] = await Promise.all([
    readIds(host, "passwd", names.users),
    readIds(host, "group", names.userGroups),
    readSets(host, names.sets),
  ]);
  const { groups, issues, tree } = findFirewallGroups(config, router, lookups);
  return {
    config: fillNames(config, { users, userGroups }, groups, sets),
    known: { users, userGroups, firewallGroups: groups, sets },
    issues,
    text: tree.children.size === 0 ? "" : renderSetCommands(tree, () => undefined, ["firewall", "group"]),
  };
}
