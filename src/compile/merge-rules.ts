import { makeIpSet } from "../kernel/ipset.ts";
import type { IpSet } from "../kernel/kernel-state.ts";
import type { Action, Match, PortRange, Rule, Side } from "../kernel/rule.ts";
import { type Family, parsePrefix } from "../net/address.ts";

/** Below this many a linear walk costs no more than the set (measured: kernel-layout.md, h). */
const WORTH_A_SET = 8;

/** A set holds single ports: a wide range would become thousands of members. */
const WIDEST_RANGE = 256;

type PrefixMatch = Extract<Match, { match: "prefix" }>;
type PortsMatch = Extract<Match, { match: "ports" }>;

/** The part of a rule that may vary inside one set: one plain prefix, one plain port range, or both. */
interface Variable {
  readonly prefix?: PrefixMatch;
  readonly ports?: PortsMatch & { readonly ranges: readonly [PortRange, ...PortRange[]] };
  /** Protocol number; a set of networks and ports holds it beside the port. */
  readonly protocol?: number;
  /** Everything else of the rule, as text: rules that share it can share a set. */
  readonly rest: string;
  readonly kind: "net" | "net-port";
}

/**
 * Neighbouring rules that differ only in one address or port, and do the same, become one rule with a set: a new connection
 * then costs the same with 8 or 8,000 of them. Order among them does not matter, since they do the same. Families and order
 * towards other rules are kept.
 */
export function mergeRules(rules: readonly Rule[], family: Family): { rules: Rule[]; sets: IpSet[] } {
  const merged: Rule[] = [];
  const sets = new Map<string, IpSet>();
  let run: { rule: Rule; variable: Variable }[] = [];
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
    const variable = variableOf(rule);
    if (variable === undefined || variable.rest !== run[0]?.variable.rest) close();
    if (variable === undefined) merged.push(rule);
    else run.push({ rule, variable });
  }
  close();
  return { rules: merged, sets: [...sets.values()] };
}

function variableOf(rule: Rule): Variable | undefined {
  if (!isShareable(rule.action)) return undefined;
  const prefixes = rule.matches.filter(
    (match): match is PrefixMatch => match.match === "prefix" && !match.negate && setMember(match.prefix),
  );
  const prefix = prefixes.find((match) => match.side === "destination") ?? prefixes[0];
  if (prefix === undefined) return undefined;
  const portMatches = rule.matches.filter((match): match is PortsMatch => match.match === "ports");
  const ports = portMatches.find((match) => match.side === "destination") ?? portMatches[0];
  const protocol = rule.matches.find((match) => match.match === "protocol" && !match.negate);
  const others = (...left: readonly (Match | undefined)[]) =>
    JSON.stringify([rule.matches.filter((match) => !left.includes(match)), rule.action, prefix.side]);
  if (ports === undefined) return { prefix, rest: others(prefix), kind: "net" };
  const narrow = ports.ranges.every((range) => range.last - range.first < WIDEST_RANGE);
  if (ports.negate || !narrow || protocol?.match !== "protocol" || !hasPortsInSets(protocol.protocol)) return undefined;
  return {
    prefix,
    ports: ports as Variable["ports"] & object,
    protocol: protocol.protocol,
    rest: `${others(prefix, ports, protocol)} ${ports.side}`,
    kind: "net-port",
  };
}

/** ipset 7 keeps ports of TCP, SCTP, UDP and UDPLITE. */
function hasPortsInSets(protocol: number): boolean {
  return protocol in PORT_PROTOCOLS;
}

const PORT_PROTOCOLS: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 132: "sctp", 136: "udplite" };

/** hash:net holds no network of length 0. */
function setMember(prefix: string): boolean {
  return (parsePrefix(prefix)?.length ?? 0) > 0;
}

function isShareable(action: Action): boolean {
  return action.action === "jump" || action.action === "return" || action.action === "drop";
}

function asSet(
  run: readonly { rule: Rule; variable: Variable }[],
  first: { rule: Rule; variable: Variable },
  family: Family,
): { rule: Rule; set: IpSet } {
  const { variable } = first;
  const set =
    variable.kind === "net"
      ? makeIpSet(
          family,
          "hash:net",
          run.map((entry) => entry.variable.prefix?.prefix ?? ""),
        )
      : makeIpSet(
          family,
          "hash:net,port",
          run.flatMap((entry) => netPortMembers(entry.variable)),
        );
  const prefixSide = variable.prefix?.side ?? "destination";
  const dimensions: Side[] = variable.ports === undefined ? [prefixSide] : [prefixSide, variable.ports.side];
  const left = new Set<Match | undefined>([variable.prefix, variable.ports]);
  const protocols = new Set(run.map((entry) => entry.variable.protocol));
  const kept = first.rule.matches.filter((match) => !left.has(match) && !(match.match === "protocol" && protocols.size > 1));
  const note = noteOf(run.map((entry) => entry.rule.note ?? ""));
  return {
    rule: { matches: [...kept, { match: "set", name: set.name, dimensions }], action: first.rule.action, note },
    set,
  };
}

function netPortMembers(variable: Variable): string[] {
  const members: string[] = [];
  for (const range of variable.ports?.ranges ?? []) {
    for (let port = range.first; port <= range.last; port++) {
      members.push(`${variable.prefix?.prefix},${PORT_PROTOCOLS[variable.protocol ?? 0]}:${port}`);
    }
  }
  return members;
}

/** `rule 10` ... `rule 900` -> `rule 10-900` */
function noteOf(notes: readonly string[]): string {
  const first = notes[0] ?? "";
  const last = notes.at(-1) ?? "";
  return first === last ? first : `${first}-${last.replace(/^rule /, "")}`;
}
