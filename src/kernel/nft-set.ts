import { addressToBigInt, formatPrefix, type Prefix, parsePrefix } from "../net/address.ts";
import type { NftSetText } from "./kernel-objects.ts";
import type { IpSet } from "./kernel-state.ts";
import { PROTOCOLS } from "./nft-elements.ts";
import type { PortRange } from "./rule.ts";

/**
 * A set of ours as an nft set of intervals. nft refuses intervals that overlap, ipset does not: networks inside others of
 * the set are left out, which changes nothing in what it holds.
 */
export function renderNftSet({ name, family, type, members }: IpSet): NftSetText {
  const address = family === "ipv4" ? "ipv4_addr" : "ipv6_addr";
  if (type === "bitmap:port") throw new Error("Bug: sets of ports alone are not made");
  const elements = type === "hash:net" ? outermost(members).map(formatPrefix) : netPortElements(members);
  const key = type === "hash:net" ? address : `${address} . inet_proto . inet_service`;
  return { name, lines: [`type ${key}`, "flags interval", `elements = { ${elements.join(", ")} }`] };
}

/** `10.0.11.0/24,tcp:11` ... -> `10.0.11.0/24 . 6 . 11-12`. Ports in a row become a range. */
function netPortElements(members: readonly string[]): string[] {
  const netsOf = new Map<string, string[]>();
  for (const member of members) {
    const [prefix = "", service = ""] = member.split(",");
    const nets = netsOf.get(service);
    if (nets === undefined) netsOf.set(service, [prefix]);
    else nets.push(prefix);
  }
  const portsOf = new Map<string, number[]>();
  for (const [service, prefixes] of netsOf) {
    const [protocol = "", port = ""] = service.split(":");
    for (const prefix of outermost(prefixes)) {
      const key = `${formatPrefix(prefix)} . ${PROTOCOLS[protocol] ?? protocol}`;
      const ports = portsOf.get(key);
      if (ports === undefined) portsOf.set(key, [Number(port)]);
      else ports.push(Number(port));
    }
  }
  return [...portsOf].flatMap(([key, ports]) =>
    portRanges(ports).map(({ first, last }) => `${key} . ${first === last ? first : `${first}-${last}`}`),
  );
}

/** Networks that are inside no other one of them. */
function outermost(texts: readonly string[]): Prefix[] {
  const prefixes = [...new Set(texts)].map((text) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined) throw new Error(`Bug: ${text} is no prefix`);
    const hostBits = BigInt((prefix.family === "ipv4" ? 32 : 128) - prefix.length);
    const first = addressToBigInt(prefix.address);
    return { prefix, first, last: first + (1n << hostBits) - 1n };
  });
  prefixes.sort((a, b) => (a.first === b.first ? a.prefix.length - b.prefix.length : a.first < b.first ? -1 : 1));
  let end = -1n;
  return prefixes.flatMap(({ prefix, first, last }) => {
    if (first <= end) return [];
    end = last;
    return [prefix];
  });
}

function portRanges(ports: readonly number[]): PortRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open !== undefined && open.last === port - 1) open.last = port;
    else ranges.push({ first: port, last: port });
  }
  return ranges;
}
