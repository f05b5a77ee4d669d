import { parseTableName } from "./name.ts";
import { parseDecimal } from "./number.ts";
import { InvalidValue, quote } from "./value.ts";

/** iproute2 can name no table above this one. */
const LAST_TABLE = 2147483647;

/** A routing table's number. Whether it is one we may use is checked later, with its owner in the message. */
export function parseTableNumber(text: string): number {
  const table = parseDecimal(text);
  if (table === undefined || table > LAST_TABLE)
    throw new InvalidValue(`${quote(text)} must be a table number: 1-200 or 256-${LAST_TABLE}`);
  return table;
}

/** `main`, a canonical number or a table's name. 254 is `main`. */
export function parseTableReference(text: string): string {
  if (text === "main") return text;
  if (/^\d+$/.test(text)) {
    const table = parseTableNumber(text);
    return table === 254 ? "main" : String(table);
  }
  return parseTableName(text);
}
