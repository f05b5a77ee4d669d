import { makeIpSet } from "../kernel/ipset.ts";
import type { IpSet } from "../kernel/kernel-state.ts";
import type { Action, Match, Rule, Side } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";

/** Below this many a linear walk costs no more than the set (measured: kernel-layout.md, h). */
export const WORTH_A_SET = 8;

/** A set holds single ports: a wide range would become thousands of members. */
const WIDEST_RANGE = 256;

type PrefixMatch = Extract<Match, { match: "prefix" }>;
type PortsMatch = Extract<Match, { match: "ports" }>;

/** A rule that may share a set with its neighbours, and the part of it that may vary inside the set: a prefix, ports too or not. */
interface Candidate {
  readonly rule: Rule;
  readonly prefix: PrefixMatch;
  readonly ports?: PortsMatch;
  /** Protocol number; a set of networks and ports holds it beside the port. */
  readonly protocol?: number;
  /** What it does, as text. */
  readonly target: string;
}

/**
 * Neighbouring rules that differ only in one address or port, and do the same, become one rule with a set: a new connection
 * then costs the same with 8 or 8,000 of them. Order among them does not matter, since they do the same. Families and order
 * towards other rules are kept.
 */
export function mergeRules(rules: readonly Rule[], family: Family): { rules: Rule[]; sets: IpSet[] } {
  const merged: Rule[] = [];
  const sets = new Map<string, IpSet>();
  let run: Candidate[] = [];
  const close = (): void => {
    const first = run[0];
    if (first === undefined) return;
    if (run.length < WORTH_A_SET) merged.push(...run.map((entry) => entry.rule));
    else {
      const { rule, set } = asSet(run, first, family);
      sets.set(set.name, set);
      merged.push(rule);
    }
    run = [];
  };
  for (const rule of rules) {
    const candidate = candidateOf(rule);
    const last = run.at(-1);
    if (candidate === undefined || (last !== undefined && !shareSet(last, candidate))) close();
    if (candidate === undefined) merged.push(rule);
    else run.push(candidate);
  }
  close();
  return { rules: merged, sets: [...sets.values()] };
}

function candidateOf(rule: Rule): Candidate | undefined {
  const target = targetOf(rule.action);
  const prefix = onBetterSide(rule.matches.filter(isSetMember));
  if (target === undefined || prefix === undefined) return undefined;
  const ports = onBetterSide(rule.matches.filter((match) => match.match === "ports"));
  if (ports === undefined) return { rule, prefix, target };
  const protocol = rule.matches.find((match) => match.match === "protocol" && !match.negate);
  const narrow = ports.ranges.every((range) => range.last - range.first < WIDEST_RANGE);
  if (ports.negate || !narrow || protocol?.match !== "protocol" || !hasPortsInSets(protocol.protocol)) return undefined;
  return { rule, prefix, ports, protocol: protocol.protocol, target };
}

function onBetterSide<M extends { readonly side: Side }>(matches: readonly M[]): M | undefined {
  return matches.find((match) => match.side === "destination") ?? matches[0];
}

/** A plain prefix; hash:net holds no network of length 0. */
function isSetMember(match: Match): match is PrefixMatch {
  return match.match === "prefix" && !match.negate && !match.prefix.endsWith("/0");
}

/** Whether two rules do the same and differ only in what varies inside a set. Cheap questions first: most neighbours differ in what they do. */
function shareSet(a: Candidate, b: Candidate): boolean {
  return (
    a.target === b.target &&
    a.prefix.side === b.prefix.side &&
    a.ports?.side === b.ports?.side &&
    JSON.stringify(a.rule.matches.filter(staysOutside(a))) === JSON.stringify(b.rule.matches.filter(staysOutside(b)))
  );
}

/** The protocol is in the set beside the port; it stays in the rule too where that asks for the port of the other side. */
function staysOutside({ rule, prefix, ports }: Candidate): (match: Match) => boolean {
  const protocolMayVary = ports !== undefined && !rule.matches.some((match) => match.match === "ports" && match !== ports);
  return (match) => match !== prefix && match !== ports && (!protocolMayVary || match.match !== "protocol" || match.negate);
}

/** ipset 7 keeps ports of TCP, SCTP, UDP and UDPLITE. */
function hasPortsInSets(protocol: number): boolean {
  return protocol in PORT_PROTOCOLS;
}

const PORT_PROTOCOLS: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 132: "sctp", 136: "udplite" };

function targetOf(action: Action): string | undefined {
  if (action.action === "jump") return `jump ${action.chain}`;
  return action.action === "return" || action.action === "drop" ? action.action : undefined;
}

function asSet(run: readonly Candidate[], first: Candidate, family: Family): { rule: Rule; set: IpSet } {
  const { prefix, ports, rule } = first;
  const set =
    ports === undefined
      ? makeIpSet(
          family,
          "hash:net",
          run.map((candidate) => candidate.prefix.prefix),
        )
      : makeIpSet(family, "hash:net,port", run.flatMap(netPortMembers));
  const dimensions: Side[] = ports === undefined ? [prefix.side] : [prefix.side, ports.side];
  const protocols = new Set(run.map((candidate) => candidate.protocol));
  const kept = rule.matches.filter(
    (match) => match !== prefix && match !== ports && !(match.match === "protocol" && protocols.size > 1),
  );
  const note = noteOf(run.map((candidate) => candidate.rule.note ?? ""));
  return {
    rule: { matches: [...kept, { match: "set", name: set.name, dimensions, negate: false }], action: rule.action, note },
    set,
  };
}

function netPortMembers({ prefix, ports, protocol }: Candidate): string[] {
  const members: string[] = [];
  for (const range of ports?.ranges ?? []) {
    for (let port = range.first; port <= range.last; port++)
      members.push(`${prefix.prefix},${PORT_PROTOCOLS[protocol ?? 0]}:${port}`);
  }
  return members;
}

/** `rule 10` ... `rule 900` -> `rule 10-900` */
function noteOf(notes: readonly string[]): string {
  const first = notes[0] ?? "";
  const last = notes.at(-1) ?? "";
  return first === last ? first : `${first}-${last.replace(/^rule /, "")}`;
}
