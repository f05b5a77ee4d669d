import { parseDecimal } from "./number.ts";
import { InvalidValue, quote, splitNegation } from "./value.ts";

/** The highest id a user or group can have; the one above means "no change" to chown(2). */
export const LAST_ID = 0xfffffffe;

/**
 * A user or group of the router itself: by name, or by a range of ids (first and last included). The id of a name is looked up
 * when the configuration is loaded.
 */
export interface UserMatch {
  readonly negate: boolean;
  readonly name?: string;
  readonly first?: number;
  readonly last?: number;
}

/** `[!]name`, `[!]id` or `[!]id-id`. Names as adduser(8) lets them be. */
export function parseUserMatch(text: string): UserMatch {
  const { negate, rest } = splitNegation(text);
  const [first, last, more] = rest.split("-").map(parseDecimal);
  const end = rest.includes("-") ? last : first;
  if (first !== undefined && end !== undefined && more === undefined && end <= LAST_ID) {
    if (first > end) throw new InvalidValue(`User id range ${quote(rest)} is backwards`);
    return { negate, first, last: end };
  }
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/.test(rest))
    throw new InvalidValue(`${quote(text)} must be a user's name, an id or a range id-id`);
  return { negate, name: rest };
}
