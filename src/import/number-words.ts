import { parseHexOrDecimal } from "../config/values/number.ts";

/** A value under a mask: `0x1/0xff`, `1`. */
export interface Masked {
  readonly value: number;
  readonly mask: number;
}

const ALL = 0xffffffff;

/** A mark as iptables and ip rule take it, decimal or hexadecimal; `undefined` when it is none. */
export function parseMark(text: string): Masked | undefined {
  const [valueText = "", maskText, more] = text.split("/");
  const [value, mask] = [parseHexOrDecimal(valueText), maskText === undefined ? ALL : parseHexOrDecimal(maskText)];
  return value === undefined || mask === undefined || more !== undefined || value > ALL || mask > ALL
    ? undefined
    : { value, mask };
}
