import type { FoundSet } from "./check-context.ts";
import type { FirewallGroups } from "./firewall-groups.ts";
import type { Config, Rule } from "./schema.ts";
import type { GroupMatch, SetMatch } from "./values/name.ts";
import type { UserMatch } from "./values/user.ts";

/** Ids by the names of users and of their groups. */
export interface Ids {
  readonly users: ReadonlyMap<string, number>;
  readonly userGroups: ReadonlyMap<string, number>;
}

/** Names of users, groups and sets of the machine that rules use. */
export function usedNames(config: Config): Readonly<Record<"users" | "userGroups" | "sets", string[]>> {
  const named = (matches: (UserMatch | undefined)[]) => [...new Set(matches.flatMap((match) => match?.name ?? []))];
  const rules = Object.values(config.rule);
  const sets = rules.flatMap(({ source, destination }) => [source.ipset?.name ?? [], destination.ipset?.name ?? []].flat());
  return {
    users: named(rules.map((rule) => rule.user)),
    userGroups: named(rules.map((rule) => rule["user-group"])),
    sets: [...new Set(sets)],
  };
}

/** Whether any rule speaks of something by a name that is not in the policy-route configuration itself. */
export function usesOutsideNames(config: Config): boolean {
  return Object.values(config.rule).some(
    ({ user, "user-group": group, source, destination }) =>
      user?.name !== undefined || group?.name !== undefined || hasGroup(source) || hasGroup(destination),
  );
}

function hasGroup({ group, ipset }: Rule["source"] | Rule["destination"]): boolean {
  return ipset !== undefined || Object.keys(group).length > 0;
}

/** The configuration with what these names stand for. A name that nobody knows stays one, and its rule takes nothing. */
export function fillNames(
  config: Config,
  ids: Ids,
  groups: FirewallGroups,
  sets: ReadonlyMap<string, FoundSet> = new Map(),
): Config {
  const rule: Config["rule"] = {};
  for (const [number, one] of Object.entries(config.rule)) {
    const { user, "user-group": userGroup, source, destination } = one;
    rule[number] = {
      ...one,
      ...(user === undefined ? {} : { user: fillUser(user, ids.users) }),
      ...(userGroup === undefined ? {} : { "user-group": fillUser(userGroup, ids.userGroups) }),
      source: { ...source, group: fillGroups(source.group, groups), ...fillSet(source.ipset, sets) },
      destination: { ...destination, group: fillGroups(destination.group, groups), ...fillSet(destination.ipset, sets) },
    };
  }
  return { ...config, rule };
}

function fillUser(match: UserMatch, ids: ReadonlyMap<string, number>): UserMatch {
  const id = match.name === undefined ? undefined : ids.get(match.name);
  return id === undefined ? match : { ...match, first: id, last: id };
}

function fillSet(match: SetMatch | undefined, sets: ReadonlyMap<string, FoundSet>): { ipset?: SetMatch } {
  const family = match === undefined ? undefined : sets.get(match.name)?.family;
  return match === undefined || family === undefined ? {} : { ipset: { ...match, family } };
}

type Groups = Rule["source"]["group"];

function fillGroups(groups: Groups, known: FirewallGroups): Groups {
  const filled: Record<string, GroupMatch> = {};
  for (const [kind, match] of Object.entries(groups)) {
    const members = known.get(kind as keyof Groups)?.get(match.name);
    filled[kind] = members === undefined ? match : { ...match, members };
  }
  return filled;
}
