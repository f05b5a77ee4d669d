import { parseDecimal } from "./number.ts";
import { InvalidValue, type ParseValue, quote } from "./value.ts";

/** Flags of TCP that can be told apart by name (iptables knows no ECE and CWR). */
export const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"] as const;
export type TcpFlag = (typeof TCP_FLAGS)[number];

/** Flags that are set and flags that are not; the others may be either. In the order of TCP_FLAGS. */
export interface TcpFlagsMatch {
  readonly set: readonly TcpFlag[];
  readonly unset: readonly TcpFlag[];
}

/** `SYN,!ACK`; `ALL`: every one is set. */
export function parseTcpFlags(text: string): TcpFlagsMatch {
  const words = text === "ALL" ? [...TCP_FLAGS] : text.split(",");
  const set = TCP_FLAGS.filter((flag) => words.includes(flag));
  const unset = TCP_FLAGS.filter((flag) => words.includes(`!${flag}`));
  const both = set.find((flag) => unset.includes(flag));
  if (both !== undefined) throw new InvalidValue(`${quote(text)} can never match: ${both} is set or it is not`);
  if (new Set(words).size !== set.length + unset.length || set.length + unset.length !== words.length)
    throw new InvalidValue(
      `${quote(text)} must be a list of ${TCP_FLAGS.join(", ")}, each with "!" before it when it is not set, or ALL`,
    );
  return { set, unset };
}

/** Bytes of a packet with its IP header, first and last included. */
export interface LengthMatch {
  readonly first: number;
  readonly last: number;
}

/** `n` or `n-m`, 0-65535. */
export const parseLength: ParseValue<LengthMatch> = (text) => {
  const [first, last = first, more] = text.split("-").map(parseDecimal);
  if (first === undefined || last === undefined || more !== undefined || first > 65535 || last > 65535 || /-$/.test(text))
    throw new InvalidValue(`${quote(text)} must be a number of bytes, 0-65535, or a range n-m`);
  if (first > last) throw new InvalidValue(`Range ${quote(text)} is backwards`);
  return { first, last };
};
