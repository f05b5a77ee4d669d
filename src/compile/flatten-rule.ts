import type { Rule } from "../config/schema.ts";
import type { Match, PortRange, Side } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";
import type { Link } from "../uplink/facts.ts";
import { type AddressAtom, type AddressClause, addressClauses, atomRange } from "./address-clauses.ts";

/** A rule as rules without alternatives. A packet that any of `unless` matches is none of its business. */
export interface FlatRules {
  readonly unless: readonly Match[];
  /** Each is a list of conditions that all have to hold. Empty: the rule can never match. */
  readonly any: readonly (readonly Match[])[];
}

/** xt_multiport takes 15 ports; a range counts two. */
const MULTIPORT_SLOTS = 15;

const TCP = 6;
const UDP = 17;

type NegatableMatch = Extract<Match, { match: "in-interface" | "protocol" }>;

/**
 * A rule of the operator's as rules without alternatives, for one family. Several
 * values of one condition are alternatives, so their product is taken; negated values all have to hold, so they stay in
 * each. `local`: the router's own traffic, which came in by no interface. `repeats`: the backend takes the same condition more
 * than once in a rule.
 */
export function flattenRule(rule: Rule, family: Family, links: readonly Link[], local: boolean, repeats = false): FlatRules {
  const never: FlatRules = { unless: [], any: [] };
  if (rule.family !== "both" && rule.family !== family) return never;
  const source = addressClauses(rule.source, family, links);
  const destination = addressClauses(rule.destination, family, links);
  if (source === undefined || destination === undefined) return never;
  const interfaces = rule["inbound-interface"].map(
    ({ name, wildcard, negate }): NegatableMatch => ({ match: "in-interface", name, wildcard, negate }),
  );
  // What the router sends came in by no interface: a rule that names one is not for it.
  if (local && interfaces.some((match) => !match.negate)) return never;
  const [arrival, protocol] = [split(local ? [] : interfaces, repeats), split(protocols(rule), repeats)];
  const any = combinations([
    arrival.any,
    protocol.any,
    addresses("source", source),
    addresses("destination", destination),
    ports("source", rule.source.port),
    ports("destination", rule.destination.port),
  ]);
  return { unless: [...arrival.unless, ...protocol.unless], any };
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

function ports(side: Side, port: { readonly negate: boolean; readonly ranges: readonly PortRange[] } | undefined): Alternatives {
  if (port === undefined) return [];
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

function addresses(side: Side, clauses: readonly AddressClause[]): Alternatives {
  if (clauses.length === 0) return [];
  let all: Match[][] = [[]];
  for (const { any, none } of clauses) {
    if (any.length > 0) all = all.flatMap((matches) => any.map((atom) => [...matches, addressMatch(matches, side, atom)]));
    for (const { first, last } of none)
      for (const matches of all) matches.push({ match: "range", side, first, last, negate: true });
  }
  return all;
}

/** iptables takes one prefix per side; further ones come as ranges. */
function addressMatch(present: readonly Match[], side: Side, atom: AddressAtom): Match {
  const second = present.some((match) => match.match === "prefix");
  if ("prefix" in atom && !second) return { match: "prefix", side, prefix: atom.prefix, negate: false };
  return { match: "range", side, ...atomRange(atom), negate: false };
}
