import { addressToBigInt } from "../net/address.ts";
import type { Rule, Side } from "./schema.ts";
import type { AddressMatch } from "./values/address.ts";

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

const PLAIN = ["inbound-interface", "user", "user-group", "state", "dscp", "tos", "icmp", "icmpv6"] as const;
const PLAIN_OF_SIDE = ["interface-address", "interface-network", "group"] as const;

/** The conditions of a rule. */
export function ruleScope(rule: Rule): RuleScope {
  const scope = new Map<string, Condition>([["traffic", TRAFFIC[rule.traffic]]]);
  const add = (name: string, condition: Condition | undefined): void => {
    if (condition !== undefined) scope.set(name, condition);
  };
  if (rule.family !== "both") scope.set("family", { text: rule.family });
  add("protocol", protocolCondition(rule));
  for (const name of PLAIN) add(name, plainCondition(rule[name]));
  add("source mac-address", plainCondition(rule.source["mac-address"]));
  for (const name of ["source", "destination"] as const) {
    const side = rule[name];
    add(`${name} address`, addressCondition(side));
    add(`${name} port`, portCondition(side));
    for (const part of PLAIN_OF_SIDE) add(`${name} ${part}`, plainCondition(side[part]));
  }
  return scope;
}

function valuesOf(intervals: readonly Interval[]): Values {
  return {
    intervals,
    first: Math.min(...intervals.map(([first]) => Number(first))),
    last: Math.max(...intervals.map(([, last]) => Number(last))),
  };
}

/** A condition that is compared by its text only. An empty object or list is none. */
function plainCondition(value: string | number | object | undefined): Condition | undefined {
  if (value === undefined || (typeof value === "object" && Object.keys(value).length === 0)) return undefined;
  return { text: JSON.stringify(value) };
}

function protocolCondition({ protocol }: Rule): Condition | undefined {
  if (protocol === undefined || protocol.value === "all") return undefined;
  const numbers: readonly number[] = protocol.value === "tcp_udp" ? [6, 17] : [protocol.value];
  const text = `${protocol.negate}${protocol.value}`;
  return protocol.negate ? { text } : { text, values: valuesOf(numbers.map((number): Interval => [number, number])) };
}

function portCondition({ port }: Side): Condition | undefined {
  if (port === undefined) return undefined;
  if (port.negate) return { text: port.text };
  return { text: port.text, values: valuesOf(port.ranges.map(({ first, last }): Interval => [first, last])) };
}

function addressCondition({ address }: Side): Condition | undefined {
  if (address.length === 0) return undefined;
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
