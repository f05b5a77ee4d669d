import { hex32 } from "../net/fwmark.ts";
import type { SlotAssignment } from "../uplink/facts.ts";

const HEADER = `# Written by policy-route at every commit; changes made here are overwritten.
# The "slot" lines are its memory of which uplink has which bits of the mark.`;

export interface OwnedTable {
  readonly id: number;
  readonly name: string;
  /** The uplink it steers to; absent for a table that no mark of connections leads to. */
  readonly owner?: string;
}

/**
 * Text of our rt_tables.d file: names of our tables for iproute2, and in comments the slot assignment. iproute2 6.1 reads
 * `number name` lines from files ending in .conf and skips comments; it cannot name tables above 2147483647.
 */
export function renderSlotMemory(assignment: SlotAssignment, tables: readonly OwnedTable[]): string {
  const slots = [...assignment.slots].sort(([, a], [, b]) => a - b).map(([owner, slot]) => `# slot ${slot} ${owner}`);
  const retired = [...assignment.retired].sort(([a], [b]) => a - b).map(([slot, owner]) => `# slot ${slot} was ${owner}`);
  const mask = assignment.mask === undefined ? [] : [`# mask ${hex32(assignment.mask)}`];
  const sorted = [...tables].sort((a, b) => a.id - b.id);
  const owners = sorted.flatMap(({ id, owner }) => (owner === undefined ? [] : [`# table ${id} ${owner}`]));
  const names = sorted.map(({ id, name }) => `${id}\t${name}`);
  return `${[HEADER, ...mask, ...slots, ...retired, ...owners, ...names].join("\n")}\n`;
}

/** The assignment out of that text. Lines that make no sense are passed over: losing a memory is safe, refusing to work is not. */
export function parseSlotMemory(text: string | undefined): SlotAssignment {
  const slots = new Map<string, number>();
  const retired = new Map<number, string>();
  const tables = new Map<number, string>();
  let mask: number | undefined;
  for (const line of (text ?? "").split("\n")) {
    const field = /^# mask (0x[0-9a-f]{8})$/.exec(line)?.[1];
    if (field !== undefined && /^1{4,8}0*$/.test(Number(field).toString(2))) mask = Number(field);
    const table = /^# table (\d{1,10}) (\S.*)$/.exec(line);
    if (table?.[2] !== undefined) tables.set(Number(table[1]), table[2]);
    const match = /^# slot (\d{1,3}) (was )?(\S.*)$/.exec(line);
    if (match?.[1] === undefined || match[3] === undefined) continue;
    if (match[2] === undefined) slots.set(match[3], Number(match[1]));
    else retired.set(Number(match[1]), match[3]);
  }
  return { slots, retired, tables, ...(mask === undefined ? {} : { mask }) };
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
