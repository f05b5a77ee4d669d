import { parseDecimal } from "./number.ts";
import { InvalidValue, quote, splitNegation } from "./value.ts";

/** A user or group of the router itself: by name, or by a range of ids (first and last included). */
export type UserMatch = { negate: boolean; name: string } | { negate: boolean; first: number; last: number };

/** `[!]name`, `[!]id` or `[!]id-id`. Names as adduser(8) lets them be. */
export function parseUserMatch(text: string): UserMatch {
  const { negate, rest } = splitNegation(text);
  const [first, last, more] = rest.split("-").map(parseDecimal);
  const end = rest.includes("-") ? last : first;
  if (first !== undefined && end !== undefined && more === undefined && end < 0xffffffff) {
    if (first > end) throw new InvalidValue(`User id range ${quote(rest)} is backwards`);
    return { negate, first, last: end };
  }
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/.test(rest))
    throw new InvalidValue(`${quote(text)} must be a user's name, an id or a range id-id`);
  return { negate, name: rest };
}
