import { PROHIBIT_OWNER, uplinkOwner } from "../compile/assign-slots.ts";
import { preferenceBand } from "../compile/audit-marks.ts";
import { markField, slotMark } from "../compile/mark-field.ts";
import type { Config } from "../config/schema.ts";
import { memberTableName } from "../config/used-groups.ts";
import { TABLE_BASE } from "../kernel/ownership.ts";
import { formatFwmark, hex32 } from "../net/fwmark.ts";
import type { MarkUse } from "../uplink/mark-use.ts";
import { tableOf } from "./live-way.ts";
import type { ShownMarks, ShownMarkUse, ShownSlot } from "./model.ts";
import type { Sight } from "./sight.ts";

/** Which bits and ip rule preferences are ours, who has which slot, who else uses marks, and where that collides. */
export function showMarks(config: Config, sight: Sight): ShownMarks {
  const field = markField(config["mark-mask"]);
  const [first, last] = preferenceBand(config);
  const slots = [...sight.slots.slots].sort(([, a], [, b]) => a - b);
  return {
    mask: hex32(field.mask),
    arrival: hex32(field.arrival),
    slots: slots.map(([owner, slot]) => showSlot(owner, slot, hex32(slotMark(field, slot).value), config, sight)),
    lastSlot: field.capacity,
    pinnedToMain: { slot: field.pinnedToMain, value: hex32(slotMark(field, field.pinnedToMain).value) },
    preferences: { first, last },
    others: showOthers(sight.markUses),
    collisions: sight.collisions.map(({ severity, path, message }) => ({
      severity,
      message: `${["policy-route", ...path].join(" ")}: ${message}`,
    })),
  };
}

function showSlot(owner: string, slot: number, value: string, config: Config, sight: Sight): ShownSlot {
  const [kind, name = "", member = ""] = owner.split(" ");
  const uplink = kind === "uplink" ? config.uplink[name] : undefined;
  const id = uplink === undefined ? undefined : tableOf(name, uplink, sight);
  if (uplink !== undefined && id !== undefined) {
    return { slot, value, owner: uplinkOwner(name), table: `${uplink["table-name"] ?? name} (${id})` };
  }
  if (kind === "group" || kind === "member") {
    return { slot, value, owner, table: `${kind === "group" ? name : memberTableName(name, member)} (${TABLE_BASE + slot})` };
  }
  if (kind === "table") return { slot, value, owner, table: name };
  return { slot, value, owner, ...(owner === PROHIBIT_OWNER ? { table: `${TABLE_BASE + slot}` } : {}) };
}

/** What one line of the configuration stands for several times is one entry. */
function showOthers(uses: readonly MarkUse[]): ShownMarkUse[] {
  const bySeen = new Map<string, ShownMarkUse>();
  for (const use of uses) {
    const mark = use.asks ?? markOf(use.write);
    bySeen.set(use.seen, {
      ...bySeen.get(use.seen),
      ...(use.user === undefined ? {} : { user: use.user }),
      in: use.in,
      seen: use.seen,
      ...(use.preference === undefined ? {} : { preference: use.preference }),
      ...(use.table === undefined ? {} : { table: use.table }),
      ...(mark === undefined ? {} : { mark: typeof mark === "string" ? mark : formatFwmark(mark) }),
    });
  }
  return [...bySeen.values()];
}

function markOf(write: MarkUse["write"]): string | { value: number; mask: number } | undefined {
  if (write === undefined) return undefined;
  return write.value === undefined ? `copied/${hex32(write.mask)}` : { value: write.value, mask: write.mask };
}
