import {
  addressBits,
  canonicalAddress,
  type Family,
  familyOf,
  formatPrefix,
  type Prefix,
  parseAddressRange,
  parsePrefix,
  prefixRange,
} from "../../net/address.ts";
import { InvalidValue, type ParseValue, quote, splitNegation } from "./value.ts";

const FAMILY_NAMES: Readonly<Record<Family, string>> = { ipv4: "IPv4", ipv6: "IPv6" };

/** `IPv4`, `IPv6`: as messages write them. */
export function familyName(family: Family): string {
  return FAMILY_NAMES[family];
}

/**
 * What an address of a packet is compared with. `text` is canonical: `10.0.0.1`, `10.0.0.0/8` (host bits cleared) or
 * `10.0.0.1-10.0.0.9`; `first` and `last` are the ends of all three; `prefixLength` is absent for a range.
 */
export interface AddressMatch {
  readonly negate: boolean;
  readonly family: Family;
  readonly text: string;
  readonly first: string;
  readonly last: string;
  readonly prefixLength?: number;
}

/** `[!]ip`, `[!]ip/length` or `[!]ip-ip`. */
export function parseAddressMatch(text: string): AddressMatch {
  const { negate, rest } = splitNegation(text);
  const address = canonicalAddress(rest);
  if (address !== undefined) {
    const family = familyOf(address) ?? "ipv4";
    return { negate, family, text: address, first: address, last: address, prefixLength: addressBits(family) };
  }
  const prefix = parsePrefix(rest);
  if (prefix !== undefined) {
    const { family, first, last } = prefixRange(prefix);
    return { negate, family, text: formatPrefix(prefix), first, last, prefixLength: prefix.length };
  }
  const range = parseAddressRange(rest);
  if (range !== undefined) return { negate, ...range, text: `${range.first}-${range.last}` };
  const [first = "", last = ""] = rest.split("-").map((end) => familyOf(end) ?? "");
  if (first !== "" && last !== "") {
    if (first !== last) throw new InvalidValue(`Address range ${quote(rest)} mixes IPv4 and IPv6`);
    throw new InvalidValue(`Address range ${quote(rest)} is backwards`);
  }
  throw new InvalidValue(
    `${quote(text)} must be an address, a network such as 192.0.2.0/24 or a range of addresses, with "!" before it to negate`,
  );
}

/** A network; host bits are cleared, which the engine's ipv4net leaves to us. */
export function parseNetwork(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new InvalidValue(`${quote(text)} must be a network such as 192.0.2.0/24 or 2001:db8::/32`);
  return prefix;
}

/** An address (of one family, when given) in canonical form, or one of the words. */
export function addressOr(words: readonly string[], family?: Family): ParseValue<string> {
  const kind = family === undefined ? "an address" : `an ${familyName(family)} address`;
  return (text) => {
    if (words.includes(text)) return text;
    const address = canonicalAddress(text);
    if (address === undefined || (family !== undefined && familyOf(address) !== family)) {
      throw new InvalidValue(`${quote(text)} must be ${[kind, ...words].join(", ").replace(/, ([^,]*)$/, " or $1")}`);
    }
    return address;
  };
}

/** Lower case, six bytes. */
export function parseMac(text: string): string {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text))
    throw new InvalidValue(`Invalid MAC address ${quote(text)}: must be six bytes, like 52:54:00:c2:a5:43`);
  return text.toLowerCase();
}

/** `[!]mac` */
export function parseMacMatch(text: string): { negate: boolean; mac: string } {
  const { negate, rest } = splitNegation(text);
  return { negate, mac: parseMac(rest) };
}
