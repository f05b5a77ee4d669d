import type { Fwmark } from "../net/fwmark.ts";

/**
 * How the operator's `mark-mask` is divided (kernel-layout.md): the highest bit says "came in by that uplink", the bits
 * below hold the slot. With the default mask 0x0ff00000: slots 1-126, 127 = pinned to main, 0x08000000 = arrival.
 */
export interface MarkField {
  readonly mask: number;
  readonly slotMask: number;
  readonly arrival: number;
  /** Highest slot an owner can have. */
  readonly capacity: number;
  /** The slot that stands for "stays in main". */
  readonly pinnedToMain: number;
  readonly shift: number;
}

/** `mask` has to be 4 to 8 contiguous bits; check.ts refuses others. */
export function markField(mask: number): MarkField {
  const shift = 31 - Math.clz32(mask & -mask);
  const slots = (mask >>> shift) >>> 1;
  return {
    mask,
    shift,
    slotMask: (slots << shift) >>> 0,
    arrival: ((slots + 1) << shift) >>> 0,
    capacity: slots - 1,
    pinnedToMain: slots,
  };
}

/** The slot's mark under the full field: every ip rule uses the full field, or arriving packets would be steered. */
export function slotMark(field: MarkField, slot: number): Fwmark {
  return { value: (slot << field.shift) >>> 0, mask: field.mask };
}

/** "Came in by that uplink". */
export function arrivalMark(field: MarkField, slot: number): Fwmark {
  return { value: ((slot << field.shift) | field.arrival) >>> 0, mask: field.mask };
}

/** The slot whichever way the connection came. */
export function slotOnly(field: MarkField, slot: number): Fwmark {
  return { value: (slot << field.shift) >>> 0, mask: field.slotMask };
}
