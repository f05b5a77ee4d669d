import { addressBits, addressToBigInt, parseAddressRange, parsePrefix, prefixRange } from "../net/address.ts";
import type { NftSetText } from "./kernel-objects.ts";

type Interval = readonly [first: bigint, last: bigint];

/** Numbers of the protocols our sets hold (IANA). An nft may print names although it was asked not to. */
export const PROTOCOLS: Readonly<Record<string, string>> = { tcp: "6", udp: "17", sctp: "132", udplite: "136" };

/**
 * Whether two sets hold the same. Their texts may differ all the same: nft joins networks that touch, and writes one address
 * with or without its length. What cannot be read is taken for the same, so that we do not fight over words.
 */
export function sameElements(present: NftSetText, wanted: NftSetText): boolean {
  const [there, asked] = [elementsOf(present), elementsOf(wanted)];
  if ([...there].sort().join() === [...asked].sort().join()) return true;
  const [held, meant] = [canonical(there), canonical(asked)];
  return held === undefined || meant === undefined || held === meant;
}

function elementsOf({ lines }: NftSetText): string[] {
  const text = /^elements = \{(.*)\}$/.exec(lines.find((line) => line.startsWith("elements")) ?? "")?.[1] ?? "";
  return text
    .split(",")
    .map((element) => element.trim())
    .filter((element) => element !== "");
}

/** Each address joined with those it touches, per protocol and port; `undefined` when an element cannot be read. */
function canonical(elements: readonly string[]): string | undefined {
  const places = new Map<string, Interval[]>();
  for (const element of elements) {
    const [net = "", ...rest] = element.split(" . ");
    const interval = intervalOf(net);
    if (interval === undefined) return undefined;
    for (const place of placesOf(rest)) places.set(place, [...(places.get(place) ?? []), interval]);
  }
  return [...places]
    .map(([place, intervals]) => `${place} ${join(intervals)}`)
    .sort()
    .join("; ");
}

/** `6 . 80-82` -> `6:80`, `6:81`, `6:82`; of a set of networks alone there is one place. */
function placesOf([protocol, ports]: readonly string[]): string[] {
  if (protocol === undefined || ports === undefined) return [""];
  const [first = 0, last = first] = ports.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, i) => `${PROTOCOLS[protocol] ?? protocol}:${first + i}`);
}

function intervalOf(text: string): Interval | undefined {
  const prefix = parsePrefix(text);
  const range =
    prefix === undefined ? parseAddressRange(text) : prefix.length < addressBits(prefix.family) ? prefixRange(prefix) : undefined;
  if (range !== undefined) return [addressToBigInt(range.first), addressToBigInt(range.last)];
  if (prefix === undefined) return undefined;
  const only = addressToBigInt(prefix.address);
  return [only, only];
}

function join(intervals: readonly Interval[]): string {
  const joined: [bigint, bigint][] = [];
  for (const [first, last] of [...intervals].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const open = joined.at(-1);
    if (open !== undefined && first <= open[1] + 1n) open[1] = last > open[1] ? last : open[1];
    else joined.push([first, last]);
  }
  return joined.map(([first, last]) => `${first}-${last}`).join();
}
