import type { FirewallGroupKind } from "../config/check-context.ts";
import type { Side as ConfigSide } from "../config/schema.ts";
import { type Family, formatPrefix, parsePrefix, prefixOf, prefixRange } from "../net/address.ts";
import type { Link } from "../uplink/facts.ts";

/** One thing an address may be: a prefix, or a range that is no prefix. */
export type AddressAtom = { readonly prefix: string } | { readonly first: string; readonly last: string };

/** "One of these (any address when empty) and none of those." All clauses of a side have to hold. */
export interface AddressClause {
  readonly any: readonly AddressAtom[];
  readonly none: readonly AddressAtom[];
  /** These are the members of a group of the firewall: of which there may be many. */
  readonly group?: true;
}

/** Groups that say something of an address, and the family they are of. */
const GROUPS: readonly (readonly [FirewallGroupKind & `${string}${"address" | "network"}-group`, Family])[] = [
  ["address-group", "ipv4"],
  ["network-group", "ipv4"],
  ["ipv6-address-group", "ipv6"],
  ["ipv6-network-group", "ipv6"],
];

/**
 * What a side of a rule asks of its address in one family; `undefined` when it can never match there: its literals are all
 * of the other family, the interface it names has no address of this one, or the group it names has no members.
 */
export function addressClauses(side: ConfigSide, family: Family, links: readonly Link[]): readonly AddressClause[] | undefined {
  const clauses: AddressClause[] = [];
  if (side.address.length > 0) {
    const own = side.address.filter((match) => match.family === family);
    if (own.length === 0) return undefined;
    const plain = own.filter((match) => !match.negate);
    if (plain.length === 0 && side.address.some((match) => !match.negate)) return undefined;
    clauses.push({
      any: plain.some((match) => match.prefixLength === 0)
        ? []
        : plain.map((match) =>
            match.prefixLength === undefined ? { first: match.first, last: match.last } : { prefix: match.text },
          ),
      none: own.filter((match) => match.negate).map(({ first, last }) => ({ first, last })),
    });
  }
  for (const kind of ["interface-address", "interface-network"] as const) {
    const name = side[kind];
    if (name === undefined) continue;
    const prefixes = interfacePrefixes(links, name, family, kind === "interface-network");
    if (prefixes.length === 0) return undefined;
    clauses.push({ any: prefixes.map((prefix) => ({ prefix })), none: [] });
  }
  for (const [kind, own] of GROUPS) {
    const match = side.group[kind];
    if (match === undefined) continue;
    // A group that nobody knows any more excludes nothing for certain: then its negation matches nothing either.
    if (own !== family || match.members === undefined) return undefined;
    const { negate, members } = match;
    const all = members.some((member) => member.endsWith("/0"));
    if (negate ? all : members.length === 0) return undefined;
    const atoms = members.map(atomOf);
    if (negate ? members.length > 0 : !all) clauses.push({ any: negate ? [] : atoms, none: negate ? atoms : [], group: true });
  }
  return clauses;
}

function atomOf(member: string): AddressAtom {
  const [first = "", last] = member.split("-");
  return last === undefined ? { prefix: member } : { first, last };
}

/** Addresses or networks of an interface, link-local ones left out: they say nothing about who is behind it. */
export function interfacePrefixes(links: readonly Link[], name: string, family: Family, network: boolean): string[] {
  const addresses = links.find((link) => link.name === name)?.addresses ?? [];
  const prefixes = addresses
    .filter((address) => address.family === family && address.scope !== "link")
    .map((address) =>
      formatPrefix(
        prefixOf(network && address.peer !== undefined ? address.peer : address.address, network ? address.length : bits(family)),
      ),
    );
  return [...new Set(prefixes)].sort();
}

function bits(family: Family): number {
  return family === "ipv4" ? 32 : 128;
}

/** A prefix as a range: iptables takes only one `-s` and one `-d`, further conditions on a side come as ranges. */
export function atomRange(atom: AddressAtom): { readonly first: string; readonly last: string } {
  if (!("prefix" in atom)) return atom;
  const prefix = parsePrefix(atom.prefix);
  if (prefix === undefined) throw new Error(`Bug: ${atom.prefix} is no prefix`);
  const { first, last } = prefixRange(prefix);
  return { first, last };
}
