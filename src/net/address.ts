import ipaddr from "ipaddr.js";

/** The two IP families, named as the kernel's documentation and nft name them in prose. */
export type Family = "ipv4" | "ipv6";

export const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/**
 * A network in canonical form: host bits cleared, IPv6 lower case and shortest (RFC 5952), IPv4 dotted decimal.
 * `length` counts bits: 0-32 or 0-128.
 */
export interface Prefix {
  readonly family: Family;
  readonly address: string;
  readonly length: number;
}

/** First and last address of a range, both included, both canonical and of one family. */
export interface AddressRange {
  readonly family: Family;
  readonly first: string;
  readonly last: string;
}

/** The family of a well-formed address, `undefined` when the text is no address (zone ids, octal and short forms are refused). */
export function familyOf(text: string): Family | undefined {
  if (IPV4.test(text)) return "ipv4";
  if (text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text)) return "ipv6";
  return undefined;
}

/** Four decimal bytes without leading zeros: the one spelling of an IPv4 address, so that its text is canonical already. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Canonical text of an address: one spelling per address, so that string equality is address equality. */
export function canonicalAddress(text: string): string | undefined {
  const family = familyOf(text);
  if (family === undefined) return undefined;
  return family === "ipv4" ? text : ipaddr.IPv6.parse(text).toRFC5952String();
}

/** Address as an unsigned integer, for comparing and for ranges. The address has to be valid. */
export function addressToBigInt(address: string): bigint {
  let value = 0n;
  for (const byte of ipaddr.parse(address).toByteArray()) value = (value << 8n) | BigInt(byte);
  return value;
}

function bigIntToAddress(value: bigint, family: Family): string {
  const bytes: number[] = [];
  for (let i = family === "ipv4" ? 3 : 15; i >= 0; i--) bytes.push(Number((value >> BigInt(8 * i)) & 0xffn));
  const address = ipaddr.fromByteArray(bytes);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/** Number of bits of an address of the family: 32 or 128. */
export function addressBits(family: Family): number {
  return family === "ipv4" ? 32 : 128;
}

/** Parses `address` or `address/length` and clears the host bits; `undefined` when it is neither. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText = "", lengthText, ...rest] = text.split("/");
  const family = familyOf(addressText);
  if (family === undefined || rest.length > 0) return undefined;
  const bits = addressBits(family);
  if (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) return undefined;
  const length = lengthText === undefined ? bits : Number(lengthText);
  if (length > bits) return undefined;
  return prefixOf(addressText, length);
}

/** The network of `length` bits that holds `address` (which has to be valid). */
export function prefixOf(address: string, length: number): Prefix {
  if (address.includes(":")) {
    const hostBits = BigInt(128 - length);
    return { family: "ipv6", address: bigIntToAddress((addressToBigInt(address) >> hostBits) << hostBits, "ipv6"), length };
  }
  // A configuration holds thousands of these, and 32 bits fit a number.
  const value = address.split(".").reduce((sum, byte) => (sum << 8) | Number(byte), 0);
  const network = length === 0 ? 0 : value & (-1 << (32 - length));
  return { family: "ipv4", address: [24, 16, 8, 0].map((shift) => (network >>> shift) & 0xff).join("."), length };
}

/** `10.0.0.0/8`, and a bare address for a host prefix, which is how iproute2 prints both. */
export function formatPrefix(prefix: Prefix): string {
  return prefix.length === addressBits(prefix.family) ? prefix.address : `${prefix.address}/${prefix.length}`;
}

/** First and last address of a prefix. */
export function prefixRange(prefix: Prefix): AddressRange {
  const first = addressToBigInt(prefix.address);
  const last = first + (1n << BigInt(addressBits(prefix.family) - prefix.length)) - 1n;
  return { family: prefix.family, first: prefix.address, last: bigIntToAddress(last, prefix.family) };
}

/** The fewest prefixes that hold exactly the addresses of a range. */
export function rangePrefixes({ family, first, last }: AddressRange): Prefix[] {
  const bits = addressBits(family);
  const end = addressToBigInt(last);
  const prefixes: Prefix[] = [];
  for (let next = addressToBigInt(first); next <= end; ) {
    let hostBits = 0;
    while (hostBits < bits && next % (1n << BigInt(hostBits + 1)) === 0n && next + (1n << BigInt(hostBits + 1)) - 1n <= end)
      hostBits++;
    prefixes.push({ family, address: bigIntToAddress(next, family), length: bits - hostBits });
    next += 1n << BigInt(hostBits);
  }
  return prefixes;
}

/** Parses `first-last`; `undefined` when an end is no address, the families differ or the range is backwards. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [firstText = "", lastText = "", ...rest] = text.split("-");
  const first = canonicalAddress(firstText);
  const last = canonicalAddress(lastText);
  if (first === undefined || last === undefined || rest.length > 0) return undefined;
  const family = familyOf(first);
  if (family === undefined || family !== familyOf(last)) return undefined;
  if (addressToBigInt(first) > addressToBigInt(last)) return undefined;
  return { family, first, last };
}

/** Whether `address` lies in `prefix`; false across families. */
export function prefixHolds(prefix: Prefix, address: string): boolean {
  return familyOf(address) === prefix.family && prefixOf(address, prefix.length).address === prefix.address;
}
