import { numberIn, parseDecimal } from "./number.ts";
import { InvalidValue, orList, quote, splitNegation } from "./value.ts";

/** Names of the DSCP values: RFC 2474 (cs), 2597 (af), 3246 (ef), 5865 (voice-admit), 8622 (le). */
const DSCP: ReadonlyMap<string, number> = new Map([
  ["default", 0],
  ["be", 0],
  ["le", 1],
  ["ef", 46],
  ["va", 44],
  ["voice-admit", 44],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((c): [string, number] => [`cs${c}`, c * 8]),
  ...[1, 2, 3, 4].flatMap((c) => [1, 2, 3].map((d): [string, number] => [`af${c}${d}`, c * 8 + d * 2])),
]);

/** Names of the TOS values of RFC 1349, as iptables(8) spells them. */
const TOS: ReadonlyMap<string, number> = new Map([
  ["minimize-delay", 16],
  ["maximize-throughput", 8],
  ["maximize-reliability", 4],
  ["minimize-cost", 2],
  ["normal-service", 0],
]);

/** A class, 0-63. `text` is what the operator wrote, without "!". */
export interface DscpMatch {
  readonly negate: boolean;
  readonly value: number;
  readonly text: string;
}

/** `[!]` and 0-63 or a name. */
export function parseDscpMatch(text: string): DscpMatch {
  const { negate, rest } = splitNegation(text);
  const value = parseDecimal(rest) ?? DSCP.get(rest.toLowerCase());
  if (value === undefined || value > 63) throw new InvalidValue(`${quote(text)} must be 0-63 or a name such as af21, cs1 or ef`);
  return { negate, value, text: rest };
}

/** 0-255 or a name. */
export function parseTos(text: string): number {
  const named = TOS.get(text.toLowerCase());
  if (named !== undefined) return named;
  if (parseDecimal(text) === undefined) throw new InvalidValue(`${quote(text)} must be 0-255, ${orList([...TOS.keys()])}`);
  return numberIn(0, 255)(text);
}
