import type { Rule } from "../config/schema.ts";
import { makeIpSet } from "../kernel/ipset.ts";
import type { IpSet } from "../kernel/kernel-state.ts";
import type { Match, PortRange, Side } from "../kernel/rule.ts";
import { type Family, familyOf, formatPrefix, rangePrefixes } from "../net/address.ts";
import type { Link } from "../uplink/facts.ts";
import { type AddressAtom, type AddressClause, addressClauses, atomRange } from "./address-clauses.ts";
import { WORTH_A_SET } from "./merge-rules.ts";
import { packetConditions } from "./packet-conditions.ts";
import { type PortCondition, portCondition } from "./port-condition.ts";

/** A rule as rules without alternatives. A packet that any of `unless` matches is none of its business. */
export interface FlatRules {
  readonly unless: readonly Match[];
  /** Each is a list of conditions that all have to hold. Empty: the rule can never match. */
  readonly any: readonly (readonly Match[])[];
  /** The sets that these conditions ask. */
  readonly sets: readonly IpSet[];
}

/** What the backend can do. */
export interface FlattenOptions {
  /** It takes the same condition more than once in a rule. */
  readonly repeats: boolean;
  /** It has sets. */
  readonly sets: boolean;
}

/** xt_multiport takes 15 ports; a range counts two. */
const MULTIPORT_SLOTS = 15;

const TCP = 6;
const UDP = 17;

const NEVER: FlatRules = { unless: [], any: [], sets: [] };

type NegatableMatch = Extract<Match, { match: "in-interface" | "protocol" }>;

/**
 * A rule of the operator's as rules without alternatives, for one family. Several
 * values of one condition are alternatives, so their product is taken; negated values all have to hold, so they stay in
 * each. `local`: the router's own traffic, which came in by no interface.
 */
export function flattenRule(
  rule: Rule,
  family: Family,
  links: readonly Link[],
  local: boolean,
  { repeats, sets }: FlattenOptions,
): FlatRules {
  if (rule.family !== "both" && rule.family !== family) return NEVER;
  const source = addressClauses(rule.source, family, links);
  const destination = addressClauses(rule.destination, family, links);
  if (source === undefined || destination === undefined) return NEVER;
  const interfaces = rule["inbound-interface"].map(
    ({ name, wildcard, negate }): NegatableMatch => ({ match: "in-interface", name, wildcard, negate }),
  );
  // What the router sends came in by no interface: a rule that names one is not for it.
  if (local && interfaces.some((match) => !match.negate)) return NEVER;
  const [sourcePort, destinationPort] = [portCondition(rule.source), portCondition(rule.destination)];
  const packet = packetConditions(rule, family, local);
  if ([sourcePort, destinationPort].some(isEmpty) || packet.some((alternatives) => alternatives.length === 0)) return NEVER;
  const [arrival, protocol] = [split(local ? [] : interfaces, repeats), split(protocols(rule), repeats)];
  const [from, to] = [addresses("source", source, family, sets), addresses("destination", destination, family, sets)];
  const any = combinations([
    arrival.any,
    protocol.any,
    from.any,
    to.any,
    ports("source", sourcePort),
    ports("destination", destinationPort),
    ...packet.map((alternatives) => alternatives.map((match) => [match])),
  ]);
  return {
    unless: [...arrival.unless, ...protocol.unless, ...from.unless, ...to.unless],
    any,
    sets: [...from.sets, ...to.sets],
  };
}

/** Alternatives of one condition, each a list of matches that all have to hold. None at all: there is no such condition. */
type Alternatives = readonly (readonly Match[])[];

/** Every combination of one alternative of each condition. */
function combinations(conditions: readonly Alternatives[]): Match[][] {
  let all: Match[][] = [[]];
  for (const alternatives of conditions) {
    const [only] = alternatives;
    if (only === undefined) continue;
    if (alternatives.length === 1) for (const matches of all) matches.push(...only);
    else all = all.flatMap((matches) => alternatives.map((alternative) => [...matches, ...alternative]));
  }
  return all;
}

/**
 * Alternatives for a condition that iptables takes once per rule. A single negated value goes into the rule itself; several
 * (neither eth0 nor eth1) become a way around the rule. nftables takes them all in one.
 */
function split(matches: readonly NegatableMatch[], repeats: boolean): { any: Alternatives; unless: readonly Match[] } {
  if (!matches.some((match) => match.negate)) return { any: matches.map((match) => [match]), unless: [] };
  const plain = matches.filter((match) => !match.negate);
  const negated = matches.filter((match) => match.negate);
  if (repeats) return { any: plain.length === 0 ? [negated] : plain.map((match) => [match, ...negated]), unless: [] };
  if (plain.length === 0 && negated.length === 1) return { any: [[...negated]], unless: [] };
  return { any: plain.map((match) => [match]), unless: negated.map((match) => ({ ...match, negate: false })) };
}

function protocols(rule: Rule): NegatableMatch[] {
  const protocol = rule.protocol;
  if (protocol === undefined || protocol.value === "all") return [];
  const numbers = protocol.value === "tcp_udp" ? [TCP, UDP] : [protocol.value];
  return numbers.map((number) => ({ match: "protocol", protocol: number, negate: protocol.negate }));
}

/** One of no ports at all. */
function isEmpty(port: PortCondition | undefined): boolean {
  return port !== undefined && !port.negate && port.ranges.length === 0;
}

function ports(side: Side, port: PortCondition | undefined): Alternatives {
  if (port === undefined || port.ranges.length === 0) return [];
  const chunks: PortRange[][] = [[]];
  let used = 0;
  for (const range of port.ranges) {
    const size = range.first === range.last ? 1 : 2;
    if (used + size > MULTIPORT_SLOTS) {
      chunks.push([]);
      used = 0;
    }
    chunks.at(-1)?.push(range);
    used += size;
  }
  const matches: Match[] = chunks.map((ranges) => ({ match: "ports", side, ranges, negate: port.negate }));
  // "none of these": every chunk has to hold. "One of these": one chunk is enough.
  return port.negate ? [matches] : matches.map((match) => [match]);
}

/** A large group of the firewall is asked as a set; where there are none, its negation becomes a way around the rule. */
function addresses(
  side: Side,
  clauses: readonly AddressClause[],
  family: Family,
  useSets: boolean,
): { any: Alternatives; unless: readonly Match[]; sets: readonly IpSet[] } {
  if (clauses.length === 0) return { any: [], unless: [], sets: [] };
  let all: Match[][] = [[]];
  const unless: Match[] = [];
  const sets: IpSet[] = [];
  for (const { any, none, group } of clauses) {
    const large = group === true && any.length + none.length >= WORTH_A_SET;
    if (large && useSets) {
      const set = makeIpSet(family, "hash:net", [...any, ...none].flatMap(setMembers));
      sets.push(set);
      for (const matches of all) matches.push({ match: "set", name: set.name, dimensions: [side], negate: none.length > 0 });
      continue;
    }
    if (any.length > 0) all = all.flatMap((matches) => any.map((atom) => [...matches, addressMatch(matches, side, atom)]));
    for (const range of none.map(atomRange)) {
      if (large) unless.push({ match: "range", side, ...range, negate: false });
      else for (const matches of all) matches.push({ match: "range", side, ...range, negate: true });
    }
  }
  return { any: all, unless, sets };
}

/** iptables takes one prefix per side; further ones come as ranges. */
function addressMatch(present: readonly Match[], side: Side, atom: AddressAtom): Match {
  const second = present.some((match) => match.match === "prefix");
  if ("prefix" in atom && !second) return { match: "prefix", side, prefix: atom.prefix, negate: false };
  return { match: "range", side, ...atomRange(atom), negate: false };
}

/** As members of a set of networks, which cannot hold that of all addresses: a range of them all is its two halves. */
function setMembers(atom: AddressAtom): string[] {
  if ("prefix" in atom) return [atom.prefix];
  const prefixes = rangePrefixes({ family: familyOf(atom.first) ?? "ipv4", ...atom });
  if (prefixes[0]?.length === 0) return prefixes[0].family === "ipv4" ? ["0.0.0.0/1", "128.0.0.0/1"] : ["::/1", "8000::/1"];
  return prefixes.map(formatPrefix);
}
