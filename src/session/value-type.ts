import { familyOf } from "../net/address.ts";
import type { ValueType } from "./node-template.ts";

const BYTE = "(?:25[0-5]|2[0-4][0-9]|[01][0-9][0-9]|[0-9]{1,2})";
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);

const FITS: Readonly<Record<ValueType, (text: string) => boolean>> = {
  txt: () => true,
  u32: (text) => /^[0-9]+$/.test(text) && BigInt(text) <= 0xffffffffn,
  ipv4: (text) => IPV4.test(text),
  ipv4net: (text) => isNetwork(text, 32, (address) => IPV4.test(address)),
  ipv6: (text) => familyOf(text) === "ipv6",
  ipv6net: (text) => isNetwork(text, 128, (address) => familyOf(address) === "ipv6"),
  bool: (text) => text === "true" || text === "false",
  macaddr: (text) => /^[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5}$/.test(text),
};

function isNetwork(text: string, bits: number, isAddress: (address: string) => boolean): boolean {
  const slash = text.indexOf("/");
  const length = text.slice(slash + 1);
  return slash > 0 && isAddress(text.slice(0, slash)) && /^(?:0|[1-9][0-9]{0,2})$/.test(length) && Number(length) <= bits;
}

/**
 * Whether the text is a value of the type, as the engine's lexer (vyatta-cfg, cli_val.l) reads values: u32 takes leading
 * zeros, a network may have host bits, an IPv4 byte may have a leading zero.
 */
export function fitsType(type: ValueType, text: string): boolean {
  return FITS[type](text);
}

const SPELLED: readonly ValueType[] = ["bool", "u32", "ipv4", "ipv4net", "ipv6", "ipv6net", "macaddr"];

/** The type that a constant without quotes has in a template; `undefined` when it is none. */
export function typeOfConstant(text: string): ValueType | undefined {
  return SPELLED.find((type) => fitsType(type, text));
}
