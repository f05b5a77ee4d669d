import { BUILT_IN_LOOKUPS } from "../config/lookups.ts";
import { parseAddressMatch } from "../config/values/address.ts";
import { type PortRange, portMatch } from "../config/values/port.ts";
import { InvalidValue } from "../config/values/value.ts";
import { addressToBigInt } from "../net/address.ts";

/**
 * What a packet has to be to be taken: path of a leaf below `rule N` -> its values in our language, all of the paths have to hold.
 * None: every packet. The path `state` holds the words of the states that will do.
 */
export type Condition = ReadonlyMap<string, readonly string[]>;

export const ANY: Condition = new Map();

/** Both conditions at once: one condition; `never` when no packet can meet both; `unwritable` when our language has no word for it. */
export function both(a: Condition, b: Condition): Condition | "never" | "unwritable" {
  const result = new Map(a);
  let unwritable = false;
  for (const [path, values] of b) {
    const present = result.get(path);
    if (present === undefined) {
      result.set(path, values);
      continue;
    }
    const meet = readableMeet(path, present, values);
    if (meet === "never") return "never";
    if (meet === "unwritable") unwritable = true;
    else result.set(path, meet);
  }
  return unwritable ? "unwritable" : result;
}

/** Whether no packet can meet both. */
export function exclude(a: Condition, b: Condition): boolean {
  return both(a, b) === "never";
}

export function sameCondition(a: Condition, b: Condition): boolean {
  return a.size === b.size && [...a].every(([path, values]) => sameValues(values, b.get(path) ?? []));
}

/** Whether every packet that `narrow` takes is taken by `wide` too; false when that cannot be told. */
export function covers(wide: Condition, narrow: Condition): boolean {
  const meet = both(wide, narrow);
  return meet !== "never" && meet !== "unwritable" && sameCondition(meet, narrow);
}

function sameValues(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 1 && b.length === 1) return a[0] === b[0];
  return a.length === b.length && [...a].sort().join() === [...b].sort().join();
}

/** A value that is none of our language can be compared with nothing; whoever writes it is told so later. */
function readableMeet(path: string, a: readonly string[], b: readonly string[]): Meet {
  try {
    return meetOf(path, a, b);
  } catch (error) {
    if (error instanceof InvalidValue) return "unwritable";
    throw error;
  }
}

type Meet = readonly string[] | "never" | "unwritable";

/** Leaves whose plain values are one of a kind: two different ones never meet. */
const ATOMS = /^(family|dscp|tos|source mac-address|icmp type|icmp code|icmpv6 type|ipsec)$/;

function meetOf(path: string, a: readonly string[], b: readonly string[]): Meet {
  if (sameValues(a, b)) return a;
  if (path === "state") return orNever(a.filter((state) => b.includes(state)));
  if (path.endsWith(" address")) return listMeet(a, b, addressMeet);
  if (path === "inbound-interface") return listMeet(a, b, interfaceMeet);
  if (path.endsWith(" port")) return portMeet(a[0] ?? "", b[0] ?? "");
  if (path === "protocol") return protocolMeet(a[0] ?? "", b[0] ?? "");
  return ATOMS.test(path) && ![...a, ...b].some((value) => value.startsWith("!")) ? "never" : "unwritable";
}

function orNever(values: readonly string[]): Meet {
  return values.length === 0 ? "never" : values;
}

type MeetOne = (a: string, b: string) => string | "never" | "unwritable";

/** Of lists where any of the plain values and none of the negated ones has to match. */
function listMeet(a: readonly string[], b: readonly string[], meet: MeetOne): Meet {
  const isNegated = (value: string): boolean => value.startsWith("!");
  const negated = [...new Set([...a, ...b].filter(isNegated))];
  const [plainA, plainB] = [a, b].map((list) => list.filter((value) => !isNegated(value))) as [string[], string[]];
  const pairs =
    plainA.length === 0 || plainB.length === 0
      ? [...plainA, ...plainB]
      : plainA.flatMap((one) => plainB.map((other) => meet(one, other)));
  if (pairs.includes("unwritable")) return "unwritable";
  const plain = [...new Set(pairs)].filter((value) => value !== "never");
  if (plain.length === 0 && plainA.length + plainB.length > 0) return "never";
  // A plain value that a negated one covers is never met.
  const left = plain.filter((value) => !negated.some((other) => meet(other.slice(1), value) === value));
  return plain.length > 0 && left.length === 0 ? "never" : [...left, ...negated];
}

interface Range {
  readonly family: string;
  readonly text: string;
  readonly first: string;
  readonly last: string;
  readonly from: bigint;
  readonly to: bigint;
}

const rangeOf = remembered((text: string): Range => {
  const { family, text: canonical, first, last } = parseAddressMatch(text);
  return { family, text: canonical, first, last, from: addressToBigInt(first), to: addressToBigInt(last) };
});

function addressMeet(a: string, b: string): string {
  const [one, other] = [rangeOf(a), rangeOf(b)];
  if (one.family !== other.family || one.to < other.from || other.to < one.from) return "never";
  if (one.from >= other.from && one.to <= other.to) return one.text;
  if (other.from >= one.from && other.to <= one.to) return other.text;
  return `${one.from >= other.from ? one.first : other.first}-${one.to <= other.to ? one.last : other.last}`;
}

/** The function, asked once for each text: rules of one script are compared each with each. */
function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const value = known.get(text) ?? read(text);
    known.set(text, value);
    return value;
  };
}

function interfaceMeet(a: string, b: string): string {
  const fits = (name: string, pattern: string): boolean =>
    pattern.endsWith("+") ? name.replace(/\+$/, "").startsWith(pattern.slice(0, -1)) : name === pattern;
  return fits(a, b) ? a : fits(b, a) ? b : "never";
}

const TCP_UDP = ["tcp", "udp"];

function protocolMeet(a: string, b: string): Meet {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (one === "all") return [other];
    if (one === "tcp_udp" && TCP_UDP.includes(other)) return [other];
    if (one.startsWith("!") && !other.startsWith("!") && other !== "tcp_udp") return one.slice(1) === other ? "never" : [other];
  }
  return a.startsWith("!") || b.startsWith("!") ? "unwritable" : "never";
}

const LAST_PORT = 65535;
const PORTS = portMatch(BUILT_IN_LOOKUPS);

function portMeet(a: string, b: string): Meet {
  const ranges = takenPorts(a).flatMap((one) =>
    takenPorts(b).flatMap((other) => {
      const [first, last] = [Math.max(one.first, other.first), Math.min(one.last, other.last)];
      return first > last ? [] : [first === last ? `${first}` : `${first}-${last}`];
    }),
  );
  return ranges.length === 0 ? "never" : [ranges.join(",")];
}

/** The ports that `[!]list` takes, as ranges in order. */
const takenPorts = remembered((text: string): readonly PortRange[] => {
  const { negate, ranges } = PORTS(text);
  if (!negate) return ranges;
  const starts = [1, ...ranges.map(({ last }) => last + 1)];
  return starts
    .map((first, i) => ({ first, last: (ranges[i]?.first ?? LAST_PORT + 1) - 1 }))
    .filter(({ first, last }) => first <= last);
});
