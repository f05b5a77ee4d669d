import { addressToBigInt } from "../net/address.ts";
import type { Rule, Side } from "./schema.ts";
import type { AddressMatch } from "./values/address.ts";

type Interval = readonly [number | bigint, number | bigint];

/** A condition of a rule: its text, and where it can be compared, the intervals it lets through. */
interface Condition {
  readonly text: string;
  readonly intervals?: readonly Interval[];
}

/**
 * The packets a rule takes: its conditions, each at the place of its name in NAMES. `bounds` are the lowest and the highest
 * value of the first ones, minus and plus infinity where there are none.
 */
export interface RuleScope {
  readonly conditions: readonly (Condition | undefined)[];
  readonly bounds: Float64Array;
}

/** Those that tell most rules apart come first. */
const NAMES = [
  "source address",
  "destination address",
  "source port",
  "destination port",
  "protocol",
  "traffic",
  "family",
  "inbound-interface",
  "source interface-address",
  "source interface-network",
  "source mac-address",
  "source group",
  "destination interface-address",
  "destination interface-network",
  "destination group",
  "user",
  "user-group",
  "state",
  "dscp",
  "tos",
  "icmp",
  "icmpv6",
] as const;
const BOUNDED = 4;

/** `all` is what the router passes on and what it makes itself; connections that come in are looked at on their own. */
const TRAFFIC: Readonly<Record<Rule["traffic"], readonly Interval[]>> = {
  forwarded: [[1, 1]],
  local: [[2, 2]],
  all: [[1, 2]],
  inbound: [[3, 3]],
};

/** The conditions of a rule. Target, log and description are not among them. */
export function ruleScope(rule: Rule): RuleScope {
  const conditions = NAMES.map((name) => conditionOf(rule, name));
  const bounds = new Float64Array(2 * BOUNDED);
  for (let i = 0; i < BOUNDED; i++) {
    const intervals = conditions[i]?.intervals;
    // Addresses beyond 2^53 are rounded, which keeps their order.
    bounds[2 * i] = intervals === undefined ? Number.NEGATIVE_INFINITY : Math.min(...intervals.map(([first]) => Number(first)));
    bounds[2 * i + 1] =
      intervals === undefined ? Number.POSITIVE_INFINITY : Math.max(...intervals.map(([, last]) => Number(last)));
  }
  return { conditions, bounds };
}

function conditionOf(rule: Rule, name: (typeof NAMES)[number]): Condition | undefined {
  switch (name) {
    case "source address":
      return addressCondition(rule.source);
    case "destination address":
      return addressCondition(rule.destination);
    case "source port":
      return portCondition(rule.source);
    case "destination port":
      return portCondition(rule.destination);
    case "protocol":
      return protocolCondition(rule);
    case "traffic":
      return { text: rule.traffic, intervals: TRAFFIC[rule.traffic] };
    case "family":
      return rule.family === "both" ? undefined : { text: rule.family };
    case "source interface-address":
      return plainCondition(rule.source["interface-address"]);
    case "source interface-network":
      return plainCondition(rule.source["interface-network"]);
    case "source mac-address":
      return plainCondition(rule.source["mac-address"]);
    case "source group":
      return plainCondition(rule.source.group);
    case "destination interface-address":
      return plainCondition(rule.destination["interface-address"]);
    case "destination interface-network":
      return plainCondition(rule.destination["interface-network"]);
    case "destination group":
      return plainCondition(rule.destination.group);
    default:
      return plainCondition(rule[name]);
  }
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
  return protocol.negate ? { text } : { text, intervals: numbers.map((number): Interval => [number, number]) };
}

function portCondition({ port }: Side): Condition | undefined {
  if (port === undefined) return undefined;
  return port.negate
    ? { text: port.text }
    : { text: port.text, intervals: port.ranges.map(({ first, last }): Interval => [first, last]) };
}

function addressCondition({ address }: Side): Condition | undefined {
  if (address.length === 0) return undefined;
  const text = address.map((match) => `${match.negate ? "!" : ""}${match.text}`).join();
  if (address.some(({ negate }) => negate)) return { text };
  return { text, intervals: address.map((match): Interval => [sortable(match, match.first), sortable(match, match.last)]) };
}

/** An address as a number. IPv4's are negative, so that no number stands for an address of each family. */
function sortable({ family }: AddressMatch, address: string): number | bigint {
  if (family === "ipv6") return addressToBigInt(address);
  return address.split(".").reduce((value, byte) => value * 256 + Number(byte), 0) - 2 ** 32;
}

/** Whether every packet of `inner` is one of `outer` for certain: only what can be proved counts. */
export function scopeHolds(outer: RuleScope, inner: RuleScope): boolean {
  // Every pair of rules is compared, half a million for a thousand rules: nearly all end in this loop.
  for (let i = 0; i < 2 * BOUNDED; i += 2) {
    if ((outer.bounds[i] as number) > (inner.bounds[i] as number)) return false;
    if ((outer.bounds[i + 1] as number) < (inner.bounds[i + 1] as number)) return false;
  }
  for (let i = 0; i < NAMES.length; i++) {
    const condition = outer.conditions[i];
    const other = inner.conditions[i];
    if (condition === undefined || other?.text === condition.text) continue;
    if (condition.intervals === undefined || other?.intervals === undefined) return false;
    for (const interval of other.intervals) if (!isInside(interval, condition.intervals)) return false;
  }
  return true;
}

function isInside([first, last]: Interval, intervals: readonly Interval[]): boolean {
  for (const interval of intervals) if (interval[0] <= first && last <= interval[1]) return true;
  return false;
}
