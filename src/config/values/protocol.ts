import type { Lookups } from "../lookups.ts";
import { parseDecimal } from "./number.ts";
import { InvalidValue, type ParseValue, quote, splitNegation } from "./value.ts";

/** `value` is the IP protocol number 1-255, or a word that stands for several. `text` is what the operator wrote, without "!". */
export interface ProtocolMatch {
  readonly negate: boolean;
  readonly value: "all" | "tcp_udp" | number;
  readonly text: string;
}

/** `[!]` and a name of /etc/protocols, a number, `tcp_udp` or `all`. */
export function protocolMatch(lookups: Lookups): ParseValue<ProtocolMatch> {
  return (text) => {
    const { negate, rest } = splitNegation(text);
    if (rest === "all") {
      if (negate) throw new InvalidValue('"!all" can never match; leave protocol out, or negate one protocol');
      return { negate, value: "all", text: rest };
    }
    if (rest === "tcp_udp") return { negate, value: "tcp_udp", text: rest };
    const number = parseDecimal(rest) ?? lookups.protocol(rest);
    // iptables reads 0 as "all": a rule for protocol 0 would match more than asked.
    if (number === 0)
      throw new InvalidValue(`Protocol ${quote(rest)} has number 0, which cannot be matched; use "all" for every protocol`);
    if (number === undefined || number > 255) {
      throw new InvalidValue(`${quote(text)} must be a protocol number 1-255, a name from /etc/protocols, tcp_udp or all`);
    }
    return { negate, value: number, text: rest };
  };
}
