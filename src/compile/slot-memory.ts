import type { SlotAssignment } from "../uplink/facts.ts";

const HEADER = `# Written by policy-route at every commit; changes made here are overwritten.
# The "slot" lines are its memory of which uplink has which bits of the mark.`;

/**
 * Text of our rt_tables.d file: names of our tables for iproute2, and in comments the slot assignment. iproute2 6.1 reads
 * `number name` lines from files ending in .conf and skips comments; it cannot name tables above 2147483647.
 */
export function renderSlotMemory(
  assignment: SlotAssignment,
  tables: readonly { readonly id: number; readonly name: string }[],
): string {
  const slots = [...assignment.slots].sort(([, a], [, b]) => a - b).map(([owner, slot]) => `# slot ${slot} ${owner}`);
  const retired = [...assignment.retired].sort(([a], [b]) => a - b).map(([slot, owner]) => `# slot ${slot} was ${owner}`);
  const names = [...tables].sort((a, b) => a.id - b.id).map((table) => `${table.id}\t${table.name}`);
  return `${[HEADER, ...slots, ...retired, ...names].join("\n")}\n`;
}

/** The assignment out of that text. Lines that make no sense are passed over: losing a memory is safe, refusing to work is not. */
export function parseSlotMemory(text: string | undefined): SlotAssignment {
  const slots = new Map<string, number>();
  const retired = new Map<number, string>();
  for (const line of (text ?? "").split("\n")) {
    const match = /^# slot (\d{1,3}) (was )?(\S.*)$/.exec(line);
    if (match?.[1] === undefined || match[3] === undefined) continue;
    if (match[2] === undefined) slots.set(match[3], Number(match[1]));
    else retired.set(Number(match[1]), match[3]);
  }
  return { slots, retired };
}

/** `number name` lines of an rt_tables file: name -> number (decimal or hex, as iproute2 reads them). */
export function parseTableNames(text: string): Map<string, number> {
  const names = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = /^\s*(0x[0-9a-fA-F]+|\d+)\s+(\S+)/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) names.set(match[2], Number(match[1]));
  }
  return names;
}
