import { numberIn } from "./number.ts";
import { InvalidValue, orList, type ParseValue, quote } from "./value.ts";

/** A type of message, by the name the operator gave. */
export interface IcmpName {
  readonly name: string;
  readonly type: number;
}

/** Names of RFC 792, 950 and 1256, as iptables(8) spells them. */
export const ICMP_TYPES: ReadonlyMap<string, number> = new Map([
  ["echo-reply", 0],
  ["destination-unreachable", 3],
  ["source-quench", 4],
  ["redirect", 5],
  ["echo-request", 8],
  ["router-advertisement", 9],
  ["router-solicitation", 10],
  ["time-exceeded", 11],
  ["parameter-problem", 12],
  ["timestamp-request", 13],
  ["timestamp-reply", 14],
  ["address-mask-request", 17],
  ["address-mask-reply", 18],
]);

/** Names of RFC 4443 and 4861. */
export const ICMPV6_TYPES: ReadonlyMap<string, number> = new Map([
  ["destination-unreachable", 1],
  ["packet-too-big", 2],
  ["time-exceeded", 3],
  ["parameter-problem", 4],
  ["echo-request", 128],
  ["echo-reply", 129],
  ["router-solicitation", 133],
  ["router-advertisement", 134],
  ["neighbour-solicitation", 135],
  ["neighbour-advertisement", 136],
  ["redirect", 137],
]);

/** One of these names. */
export function icmpName(types: ReadonlyMap<string, number>): ParseValue<IcmpName> {
  return (text) => {
    const type = types.get(text);
    if (type === undefined) throw new InvalidValue(`${quote(text)} must be ${orList([...types.keys()])}`);
    return { name: text, type };
  };
}

/** 0-254. To iptables 255, which nobody uses (RFC 3692 reserves it), means any type: the rule would match more than asked. */
export function parseIcmpType(text: string): number {
  if (text === "255") throw new InvalidValue('ICMP type "255" is reserved and cannot be matched: iptables takes it for any type');
  return numberIn(0, 254)(text);
}
