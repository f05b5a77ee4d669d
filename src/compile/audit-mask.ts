import { hex32 } from "../net/fwmark.ts";
import type { MarkUse } from "../uplink/mark-use.ts";
import { ALL_BITS } from "../uplink/mark-users.ts";
import type { Collision, Wants } from "./audit-marks.ts";
import { markField } from "./mark-field.ts";

/** Users whose own bits lie in our field, one warning each. Those who write all bits know no mask and are judged one by one. */
export function auditMask({ config, slots }: Wants, known: readonly MarkUse[]): Collision[] {
  const mask = config["mark-mask"];
  const sharing = new Map<string, { bits: number; readonly seen: string }>();
  for (const use of known) {
    const bits = maskOf(use) & mask;
    if (use.user === undefined || bits === 0) continue;
    const one = sharing.get(use.user) ?? { bits: 0, seen: use.seen };
    one.bits = (one.bits | bits) >>> 0;
    sharing.set(use.user, one);
  }
  const right = freeMask(known, mask, Math.max(...slots.values()));
  return [...sharing].map(([user, { bits, seen }]) => ({
    severity: "warning",
    path: ["mark-mask"],
    message:
      `${hex32(mask)} shares the bits ${hex32(bits)} with ${user} (${seen}). Steered connections keep their uplink; ` +
      `a packet that both mark is not recognised by ${user}` +
      (right === undefined ? "" : `. Free is ${hex32(right)}`),
  }));
}

/** The bits that are his, 0 when he takes all of them. */
function maskOf({ asks, write }: MarkUse): number {
  const bits = (mask: number | undefined): number => (mask === undefined || mask === ALL_BITS ? 0 : mask);
  return (bits(asks?.mask) | bits(write?.mask)) >>> 0;
}

/** The widest field without anybody's bits, as wide as ours at most, that has room for the slots in use. */
function freeMask(known: readonly MarkUse[], mask: number, slot: number): number | undefined {
  const taken = known.reduce((bits, use) => bits | maskOf(use), 0);
  const most = [...mask.toString(2)].filter((bit) => bit === "1").length;
  for (let bits = most; bits >= 4; bits--) {
    for (let shift = 32 - bits; shift >= 0; shift--) {
      const candidate = ((2 ** bits - 1) * 2 ** shift) >>> 0;
      if ((candidate & taken) === 0 && markField(candidate).capacity >= slot) return candidate;
    }
  }
  return undefined;
}
