import type { Config } from "../config/schema.ts";
import { TABLE_BASE } from "../kernel/ownership.ts";
import type { SlotAssignment } from "../uplink/facts.ts";
import { uplinkOwner } from "./assign-slots.ts";
import { markField } from "./mark-field.ts";

/**
 * The configuration to go through first, when an uplink is to get the mark or the table of one that has it now; else
 * `undefined`. Chains and ip rules cannot be switched together: whatever comes first, packets of the one would leave by the
 * other for a moment, and for good if we died there. On the detour such uplinks have a mark and a table that nobody has, so
 * that both the way there and the way on are without such a moment. Where the mask has no spare marks left, there is none.
 */
export function detour(config: Config, wanted: SlotAssignment, previous: SlotAssignment): Config | undefined {
  const tables = previous.tables ?? new Map<number, string>();
  const holders = new Map([...previous.slots].map(([owner, slot]) => [slot, owner]));
  const chosen = new Set(Object.values(config.uplink).flatMap((uplink) => uplink.table ?? []));
  const taken = new Set([...holders.keys(), ...previous.retired.keys(), ...wanted.slots.values()]);
  const { capacity } = markField(config["mark-mask"]);
  const spare = Array.from({ length: capacity }, (_, i) => i + 1).filter(
    (slot) => !taken.has(slot) && !chosen.has(TABLE_BASE + slot) && !tables.has(TABLE_BASE + slot),
  );
  const moved: Config["uplink"] = {};
  for (const [name, { table, ...uplink }] of Object.entries(config.uplink)) {
    const owner = uplinkOwner(name);
    const slot = wanted.slots.get(owner);
    if (slot === undefined) continue;
    const isTaken = (holder: string | undefined) => holder !== undefined && holder !== owner;
    if (!isTaken(holders.get(slot)) && !isTaken(tables.get(table ?? TABLE_BASE + slot))) continue;
    const mark = spare.shift();
    if (mark !== undefined) moved[name] = { ...uplink, mark };
  }
  return Object.keys(moved).length === 0 ? undefined : { ...config, uplink: { ...config.uplink, ...moved } };
}
