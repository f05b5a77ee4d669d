import { parseDecimal } from "./number.ts";
import { InvalidValue, type ParseValue, quote } from "./value.ts";

/** Seconds of the units that both iptables and nftables know. */
export const UNITS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;

/** So many in each unit of time. */
export interface Rate {
  readonly text: string;
  readonly count: number;
  readonly unit: keyof typeof UNITS;
}

/** `n/second|minute|hour|day`, 1 to 10000: iptables counts no faster. */
export const parseRate: ParseValue<Rate> = (text) => {
  const [number = "", unit = "", more] = text.split("/");
  const count = parseDecimal(number);
  if (count === undefined || count < 1 || count > 10_000 || !Object.hasOwn(UNITS, unit) || more !== undefined)
    throw new InvalidValue(`${quote(text)} must be a number of connections 1-10000 and a unit: 5/second, /minute, /hour or /day`);
  return { text, count, unit: unit as keyof typeof UNITS };
};
