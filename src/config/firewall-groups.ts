import { treeBelow } from "./build-tree.ts";
import type { FirewallGroupKind } from "./check-context.ts";
import type { ConfigTree } from "./config-tree.ts";
import type { Issue } from "./issue.ts";
import type { Lookups } from "./lookups.ts";
import type { Config, Side } from "./schema.ts";
import { parseAddressMatch } from "./values/address.ts";
import type { GroupMatch } from "./values/name.ts";
import { portMatch } from "./values/port.ts";
import { InvalidValue } from "./values/value.ts";

/**
 * Words below a group that hold its members: Vyatta's and VyOS's, and EdgeOS's for IPv6. VyOS 1.4 and newer also have `include`,
 * the names of other groups of the kind.
 */
const MEMBERS: Readonly<Record<FirewallGroupKind, readonly string[]>> = {
  "address-group": ["address"],
  "network-group": ["network"],
  "ipv6-address-group": ["address", "ipv6-address"],
  "ipv6-network-group": ["network", "ipv6-network"],
  "port-group": ["port"],
};

/** The groups of a firewall that a configuration's rules name, as far as they exist: kind -> name -> members as in GroupMatch. */
export type FirewallGroups = ReadonlyMap<FirewallGroupKind, ReadonlyMap<string, readonly string[]>>;

export interface FoundGroups {
  readonly groups: FirewallGroups;
  /** What the firewall's configuration says in a way that cannot be understood: the rule that asks for it has to be refused. */
  readonly issues: readonly Issue[];
  /** The part of the router's configuration that this hangs on, `firewall group ...` with these groups only. */
  readonly tree: ConfigTree;
}

/** Every use of a firewall group in an enabled or disabled rule. */
export function groupUses(config: Config): { rule: string; kind: FirewallGroupKind; match: GroupMatch }[] {
  return Object.entries(config.rule).flatMap(([rule, { source, destination }]) =>
    [source, destination].flatMap((side) => groupsOf(side).map(([kind, match]) => ({ rule, kind, match }))),
  );
}

function groupsOf(side: Side): [FirewallGroupKind, GroupMatch][] {
  return Object.entries(side.group) as [FirewallGroupKind, GroupMatch][];
}

/** Reads the groups that rules name out of the router's configuration (`firewall group address-group LAN address 10.0.0.1`). */
export function findFirewallGroups(config: Config, router: ConfigTree, lookups: Lookups): FoundGroups {
  const groups = new Map<FirewallGroupKind, Map<string, readonly string[]>>();
  const issues: Issue[] = [];
  const used = new Map<string, Map<string, ConfigTree>>();
  for (const { rule, kind, match } of groupUses(config)) {
    const known = groups.get(kind) ?? new Map<string, readonly string[]>();
    groups.set(kind, known);
    if (known.has(match.name)) continue;
    const problems: string[] = [];
    const seen = new Map<string, ConfigTree>();
    const members = membersOf(router, kind, match.name, lookups, seen, problems);
    for (const message of problems) issues.push({ path: ["rule", rule], message });
    if (members === undefined) continue;
    known.set(match.name, [...new Set(members)]);
    used.set(kind, new Map([...(used.get(kind) ?? []), ...seen]));
  }
  const below = new Map([...used].map(([kind, named]): [string, ConfigTree] => [kind, { children: named }]));
  return { groups, issues, tree: { children: below } };
}

/** `undefined` when there is no such group. Groups that include each other are read once each. */
function membersOf(
  router: ConfigTree,
  kind: FirewallGroupKind,
  name: string,
  lookups: Lookups,
  seen: Map<string, ConfigTree>,
  problems: string[],
): string[] | undefined {
  const tree = treeBelow(router, ["firewall", "group", kind, name]);
  if (tree === undefined) return undefined;
  seen.set(name, tree);
  const values = MEMBERS[kind].flatMap((word) => [...(tree.children.get(word)?.children.keys() ?? [])]);
  const members = values.flatMap((value) => {
    try {
      return kind === "port-group" ? portMembers(value, lookups) : [addressMember(value, kind)];
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      problems.push(`firewall ${kind} "${name}": ${error.message}`);
      return [];
    }
  });
  for (const included of tree.children.get("include")?.children.keys() ?? []) {
    if (seen.has(included)) continue;
    const more = membersOf(router, kind, included, lookups, seen, problems);
    if (more === undefined) problems.push(`firewall ${kind} "${name}" includes "${included}", which does not exist`);
    else members.push(...more);
  }
  return members;
}

function addressMember(value: string, kind: FirewallGroupKind): string {
  const { negate, family, text } = parseAddressMatch(value);
  const own = kind.startsWith("ipv6") ? "ipv6" : "ipv4";
  if (negate || family !== own)
    throw new InvalidValue(`"${value}" cannot be a member: ${own === "ipv6" ? "IPv6" : "IPv4"} addresses without "!" can`);
  return text;
}

function portMembers(value: string, lookups: Lookups): string[] {
  const { negate, ranges } = portMatch(lookups)(value);
  if (negate) throw new InvalidValue(`"${value}" cannot be a member: ports without "!" can`);
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
}
