import { addressToBigInt } from "../net/address.ts";
import { ruleTime } from "./rule-time.ts";
import type { Rule, Side } from "./schema.ts";
import type { AddressMatch } from "./values/address.ts";
import type { PortMatch } from "./values/port.ts";

type Interval = readonly [number | bigint, number | bigint];

/** Values that can be compared as numbers: what is let through, and the lowest and highest of it (rounded beyond 2^53). */
export interface Values {
  readonly intervals: readonly Interval[];
  readonly first: number;
  readonly last: number;
}

/** A condition of a rule: its text, and what can be compared of it. The same text says the same. */
export interface Condition {
  readonly text: string;
  readonly values?: Values;
}

/** The packets a rule takes: its conditions by name. Target, log and description are not among them. */
export type RuleScope = ReadonlyMap<string, Condition>;

/** `all` is what the router passes on and what it makes itself; connections that come in are looked at on their own. */
const TRAFFIC: Readonly<Record<Rule["traffic"], Condition>> = {
  forwarded: { text: "forwarded", values: valuesOf([[1, 1]]) },
  local: { text: "local", values: valuesOf([[2, 2]]) },
  all: { text: "all", values: valuesOf([[1, 2]]) },
  inbound: { text: "inbound", values: valuesOf([[3, 3]]) },
};

const PLAIN = [
  "inbound-interface",
  "user",
  "user-group",
  "state",
  "dscp",
  "tos",
  "icmp",
  "icmpv6",
  "tcp",
  "packet-length",
  "ipsec",
] as const;
const PLAIN_OF_SIDE = ["interface-address", "interface-network", "ipset"] as const;

/** The conditions of a rule. */
export function ruleScope(rule: Rule): RuleScope {
  const scope = new Map<string, Condition>([["traffic", TRAFFIC[rule.traffic]]]);
  if (rule.family !== "both") scope.set("family", { text: rule.family });
  const protocol = protocolCondition(rule);
  if (protocol !== undefined) scope.set("protocol", protocol);
  for (const name of PLAIN) if (saysSomething(rule[name])) scope.set(name, { text: JSON.stringify(rule[name]) });
  const time = ruleTime(rule);
  if (time !== undefined) scope.set("time", { text: JSON.stringify(time) });
  addSide(scope, "source", rule.source);
  addSide(scope, "destination", rule.destination);
  const mac = rule.source["mac-address"];
  if (mac !== undefined) scope.set("mac-address", { text: JSON.stringify(mac) });
  return scope;
}

function addSide(scope: Map<string, Condition>, name: "source" | "destination", side: Side): void {
  if (side.address.length > 0) scope.set(`${name} address`, addressCondition(side));
  if (side.port !== undefined) scope.set(`${name} port`, portCondition(side.port));
  for (const part of PLAIN_OF_SIDE)
    if (saysSomething(side[part])) scope.set(`${name} ${part}`, { text: JSON.stringify(side[part]) });
  for (const [kind, group] of Object.entries(side.group))
    scope.set(`${name} ${kind}`, { text: `${group.negate ? "!" : ""}${group.name}` });
}

/** Conditions that are compared by their text only. An empty object or list is none. */
function saysSomething(value: string | number | object | undefined): boolean {
  return value !== undefined && (typeof value !== "object" || Object.keys(value).length > 0);
}

function valuesOf(intervals: readonly Interval[]): Values {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const interval of intervals) {
    first = Math.min(first, Number(interval[0]));
    last = Math.max(last, Number(interval[1]));
  }
  return { intervals, first, last };
}

function protocolCondition({ protocol }: Rule): Condition | undefined {
  if (protocol === undefined || protocol.value === "all") return undefined;
  const numbers: readonly number[] = protocol.value === "tcp_udp" ? [6, 17] : [protocol.value];
  const text = `${protocol.negate}${protocol.value}`;
  return protocol.negate ? { text } : { text, values: valuesOf(numbers.map((number): Interval => [number, number])) };
}

function portCondition({ text, negate, ranges }: PortMatch): Condition {
  return negate ? { text } : { text, values: valuesOf(ranges.map(({ first, last }): Interval => [first, last])) };
}

function addressCondition({ address }: Side): Condition {
  const text = address.map((match) => `${match.negate ? "!" : ""}${match.text}`).join();
  if (address.some(({ negate }) => negate)) return { text };
  return {
    text,
    values: valuesOf(address.map((match): Interval => [sortable(match, match.first), sortable(match, match.last)])),
  };
}

/** An address as a number. IPv4's are negative, so that no number stands for an address of each family. */
function sortable({ family }: AddressMatch, address: string): number | bigint {
  if (family === "ipv6") return addressToBigInt(address);
  return address.split(".").reduce((value, byte) => value * 256 + Number(byte), 0) - 2 ** 32;
}

/** Whether every packet of `inner` is one of `outer` for certain: only what can be proved counts. */
export function scopeHolds(outer: RuleScope, inner: RuleScope): boolean {
  for (const [name, condition] of outer) {
    const other = inner.get(name);
    if (other?.text === condition.text) continue;
    if (condition.values === undefined || other?.values === undefined) return false;
    for (const interval of other.values.intervals) if (!isInside(interval, condition.values.intervals)) return false;
  }
  return true;
}

function isInside([first, last]: Interval, intervals: readonly Interval[]): boolean {
  for (const interval of intervals) if (interval[0] <= first && last <= interval[1]) return true;
  return false;
}
