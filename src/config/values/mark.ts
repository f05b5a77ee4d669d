import { parseHexOrDecimal } from "./number.ts";
import { InvalidValue, quote } from "./value.ts";

/**
 * The bits of the packet mark that are ours: hexadecimal or decimal, 4 to 8 neighbouring bits. The highest says "came in by
 * that uplink", the others number the slots.
 */
export function parseMarkMask(text: string): number {
  const mask = parseHexOrDecimal(text);
  const bits = mask === undefined || mask > 0xffffffff ? "" : mask.toString(2).replace(/0*$/, "");
  if (mask === undefined || !/^1{4,8}$/.test(bits)) {
    throw new InvalidValue(`${quote(text)} must be 4 to 8 neighbouring bits of the 32 bits of a mark, such as 0x0ff00000`);
  }
  return mask;
}

/** The slot of an uplink inside mark-mask (not the raw mark). Whether it fits into the mask is checked later. */
export function parseMarkSlot(text: string): number {
  const slot = parseHexOrDecimal(text);
  if (slot === undefined || slot < 1 || slot > 126) {
    throw new InvalidValue(`${quote(text)} must be a slot between 1 and 126 (its place inside mark-mask, not the raw mark)`);
  }
  return slot;
}

/** How many slots a mask has: 0 means "not ours" and the last one is "pinned to main". 126 for 8 bits, 6 for 4. */
export function slotCapacity(mask: number): number {
  const bits = mask.toString(2).replaceAll("0", "").length;
  return 2 ** (bits - 1) - 2;
}
