import { InvalidValue, type ParseValue, quote } from "./value.ts";

/** Unsigned decimal number; leading zeros are fine (the engine's u32 lets `007` through). `undefined` when it is none. */
export function parseDecimal(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Decimal or `0x` hexadecimal. */
export function parseHexOrDecimal(text: string): number | undefined {
  return /^0x[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text.slice(2), 16) : parseDecimal(text);
}

/** A decimal number from `first` to `last`, both included. `what` begins the message: `Rule number must be between 1 and 9999`. */
export function numberIn(first: number, last: number, what?: string): ParseValue<number> {
  return (text) => {
    const value = parseDecimal(text);
    if (value === undefined || value < first || value > last) {
      throw new InvalidValue(
        what === undefined
          ? `${quote(text)} must be a number between ${first} and ${last}`
          : `${what} must be between ${first} and ${last}, not ${quote(text)}`,
      );
    }
    return value;
  };
}

/** The key of a numbered tag: canonical text, `007` -> `7`. */
export function numberKey(first: number, last: number, what: string): ParseValue<string> {
  const parse = numberIn(first, last, what);
  return (text) => String(parse(text));
}
