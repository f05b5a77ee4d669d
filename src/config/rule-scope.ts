import { addressToBigInt } from "../net/address.ts";
import type { Rule, Side } from "./schema.ts";
import type { AddressMatch } from "./values/address.ts";
import type { PortRange } from "./values/port.ts";

type Interval = readonly [number | bigint, number | bigint];

/** A condition of a rule: its text, and where it can be compared, the intervals it lets through. */
interface Condition {
  readonly text: string;
  readonly intervals?: readonly Interval[];
}

/** The packets a rule takes, as conditions by name. A name that is not there is no condition. */
export type RuleScope = ReadonlyMap<string, Condition>;

/** `all` is what the router passes on and what it makes itself; connections that come in are looked at on their own. */
const TRAFFIC: Readonly<Record<Rule["traffic"], readonly Interval[]>> = {
  forwarded: [[1, 1]],
  local: [[2, 2]],
  all: [[1, 2]],
  inbound: [[3, 3]],
};

/** The conditions of a rule. Target, log and description are not among them. */
export function ruleScope(rule: Rule): RuleScope {
  const scope = new Map<string, Condition>();
  scope.set("traffic", { text: rule.traffic, intervals: TRAFFIC[rule.traffic] });
  if (rule.family !== "both") scope.set("family", { text: rule.family });
  if (rule["inbound-interface"].length > 0) scope.set("inbound", { text: JSON.stringify(rule["inbound-interface"]) });
  const protocol = rule.protocol;
  if (protocol !== undefined && protocol.value !== "all") {
    const numbers: readonly number[] = protocol.value === "tcp_udp" ? [6, 17] : [protocol.value];
    scope.set("protocol", {
      text: `${protocol.negate}${protocol.value}`,
      ...(protocol.negate ? {} : { intervals: numbers.map((n): Interval => [n, n]) }),
    });
  }
  addSide(scope, "source", rule.source);
  addSide(scope, "destination", rule.destination);
  for (const name of ["user", "user-group", "dscp", "tos"] as const) {
    if (rule[name] !== undefined) scope.set(name, { text: JSON.stringify(rule[name]) });
  }
  for (const name of ["state", "icmp", "icmpv6"] as const) {
    if (Object.keys(rule[name]).length > 0) scope.set(name, { text: JSON.stringify(rule[name]) });
  }
  return scope;
}

function addSide(scope: Map<string, Condition>, name: string, side: Side): void {
  for (const [key, value] of Object.entries(side)) {
    if (key === "address") addAddresses(scope, name, side.address);
    else if (key === "port") continue;
    else if (Object.keys(value).length > 0) scope.set(`${name} ${key}`, { text: JSON.stringify(value) });
  }
  if (side.port !== undefined) {
    const intervals = side.port.ranges.map(({ first, last }: PortRange): Interval => [first, last]);
    scope.set(`${name} port`, {
      text: `${side.port.negate}${JSON.stringify(intervals)}`,
      ...(side.port.negate ? {} : { intervals }),
    });
  }
}

function addAddresses(scope: Map<string, Condition>, name: string, addresses: readonly AddressMatch[]): void {
  if (addresses.length === 0) return;
  const plain = addresses.every(({ negate }) => !negate);
  const text = addresses.map(({ negate, text }) => `${negate}${text}`).join();
  scope.set(
    `${name} address`,
    plain
      ? {
          text,
          intervals: addresses.map((address): Interval => [sortable(address, address.first), sortable(address, address.last)]),
        }
      : { text },
  );
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
    if (other === undefined) return false;
    if (other.text === condition.text) continue;
    if (condition.intervals === undefined || other.intervals === undefined) return false;
    for (const [first, last] of other.intervals) {
      if (!condition.intervals.some((interval) => interval[0] <= first && last <= interval[1])) return false;
    }
  }
  return true;
}
