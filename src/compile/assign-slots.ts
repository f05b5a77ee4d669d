import type { Issue } from "../config/issue.ts";
import { compareNatural } from "../config/natural-order.ts";
import type { Config } from "../config/schema.ts";
import { usedGroups } from "../config/used-groups.ts";
import { TABLE_BASE } from "../kernel/ownership.ts";
import { type Fwmark, hex32 } from "../net/fwmark.ts";
import type { SlotAssignment } from "../uplink/facts.ts";
import { markField, slotOnly } from "./mark-field.ts";

export interface AssignedSlots {
  readonly assignment: SlotAssignment;
  /** Slots whose connections remember an owner that has them no more, with that owner. */
  readonly reused: ReadonlyMap<number, string>;
  /** Marks of all connections to forget: those of reused slots; after a change of `mark-mask` all there were. */
  readonly staleMarks: readonly Fwmark[];
  /** The mark field until those are forgotten. */
  readonly formerMask: number;
  readonly issues: readonly Issue[];
}

export const uplinkOwner = (name: string): string => `uplink ${name}`;
export const tableOwner = (table: string): string => `table ${table}`;
export const groupOwner = (name: string): string => `group ${name}`;
/** Connections that left by a member of a group are told from those of the uplink itself: another `if-down` is theirs. */
export const memberOwner = (group: string, uplink: string): string => `member ${group} ${uplink}`;
export const PROHIBIT_OWNER = "prohibit";

/**
 * Gives every owner a slot. What the operator fixed (`mark`) comes first, then what the owner had before, then the lowest
 * number nobody had. Deterministic from the config on first use, so that two routers that share connection marks agree.
 */
export function assignSlots(config: Config, previous: SlotAssignment): AssignedSlots {
  const field = markField(config["mark-mask"]);
  const owners = ownersOf(config);
  const issues: Issue[] = [];
  const slots = new Map<string, number>();
  const taken = new Map<number, string>();
  const give = (owner: string, slot: number): void => {
    slots.set(owner, slot);
    taken.set(slot, owner);
  };

  const fixed = new Map<string, number>();
  for (const [name, uplink] of Object.entries(config.uplink)) {
    if (uplink.mark === undefined || !owners.includes(uplinkOwner(name))) continue;
    if (uplink.mark < 1 || uplink.mark > field.capacity) {
      issues.push({
        path: ["uplink", name],
        message: `mark ${uplink.mark} does not fit into mark-mask: use 1-${field.capacity}`,
      });
    } else fixed.set(uplinkOwner(name), uplink.mark);
  }
  // Two uplinks with one mark are reported by the check; the first has it here.
  for (const [owner, slot] of fixed) if (!taken.has(slot)) give(owner, slot);

  // A table an operator chose by number is nobody's default.
  const chosenTables = new Set(
    Object.values(config.uplink).flatMap((uplink) => (uplink.table === undefined ? [] : [uplink.table])),
  );
  // A damaged memory may hold any number; slot 0 would be every packet that has no mark.
  const free = (slot: number): boolean =>
    slot >= 1 && slot <= field.capacity && !taken.has(slot) && !chosenTables.has(TABLE_BASE + slot);
  const open = owners.filter((owner) => !slots.has(owner) && !fixed.has(owner));
  const retired = new Map([...previous.retired].map(([slot, owner]) => [owner, slot]));
  for (const owner of open) {
    const before = previous.slots.get(owner) ?? retired.get(owner);
    if (before !== undefined && free(before)) give(owner, before);
  }
  // Slots somebody had before come last: their old connections would have to be forgotten.
  const had = new Set([...previous.slots.values(), ...previous.retired.keys()]);
  const candidates = Array.from({ length: field.capacity }, (_, i) => i + 1);
  const order = [...candidates.filter((slot) => !had.has(slot)), ...candidates.filter((slot) => had.has(slot))];
  const homeless = open.filter((owner) => {
    if (slots.has(owner)) return false;
    const slot = order.find(free);
    if (slot === undefined) return true;
    give(owner, slot);
    return false;
  });
  if (homeless.length > 0) {
    issues.push({
      path: [],
      message: `${owners.length} uplinks, groups and group members do not fit into mark-mask ${hex32(config["mark-mask"])} (${field.capacity}); use a wider one, such as 0x0ff00000, or fewer`,
    });
  }
  const mask = config["mark-mask"];
  const changed = reused(slots, previous);
  return {
    assignment: { slots, retired: retire(slots, previous), mask },
    reused: changed,
    staleMarks: staleMarks(changed, mask, previous),
    formerMask: previous.mask ?? mask,
    issues,
  };
}

/** Everything that needs a slot: uplinks, groups and their members, tables that rules name, the prohibit action. Order decides first-use numbers. */
function ownersOf(config: Config): string[] {
  const owners = usedUplinks(config).map(uplinkOwner);
  for (const [name, { uplink }] of usedGroups(config)) {
    const members = Object.keys(uplink).sort(compareNatural);
    owners.push(groupOwner(name), ...members.map((member) => memberOwner(name, member)));
  }
  for (const rule of Object.values(config.rule)) {
    if (rule.disable) continue;
    if (rule.action === "prohibit") owners.push(PROHIBIT_OWNER);
    else if (rule.set.table !== undefined) owners.push(tableOwner(rule.set.table));
  }
  return [...new Set(owners)];
}

/**
 * Enabled uplinks, and disabled ones that a rule still names: those count as down, so that their kill switch stays shut. In the
 * order the router's engine shows them, whatever order they were typed in: the same configuration always gives the same state.
 */
export function usedUplinks(config: Config): string[] {
  const named = new Set(
    Object.values(config.rule).flatMap((rule) => (rule.disable ? [] : [rule.set.uplink, rule.set["reply-uplink"]])),
  );
  return Object.keys(config.uplink)
    .filter((name) => config.uplink[name]?.disable === false || named.has(name))
    .sort(compareNatural);
}

function retire(slots: ReadonlyMap<string, number>, previous: SlotAssignment): Map<number, string> {
  const used = new Set(slots.values());
  const freed = [...previous.retired, ...[...previous.slots].map(([owner, slot]) => [slot, owner] as const)];
  // Where the owner lives on in another slot, the connections are forgotten now: there is nothing to remember.
  return new Map(freed.filter(([slot, owner]) => !used.has(slot) && !slots.has(owner) && !leftItsGroup(owner, slots)));
}

/** A member that is one no more of a group that is: its connections are the group's, and its kill switch is theirs. */
function leftItsGroup(owner: string, slots: ReadonlyMap<string, number>): boolean {
  const [kind, group = ""] = owner.split(" ");
  return kind === "member" && !slots.has(owner) && slots.has(groupOwner(group));
}

/**
 * Slots whose connections remember an owner that has them no more, with that owner: given to somebody else, left for another
 * slot, or of a member that left its group. A slot both given and retired, or retired while its owner lives on, was left so by
 * a run that died.
 */
function reused(slots: ReadonlyMap<string, number>, previous: SlotAssignment): Map<number, string> {
  const former = new Map([...[...previous.slots].map(([owner, slot]) => [slot, owner] as const), ...previous.retired]);
  const owners = new Map([...slots].map(([owner, slot]) => [slot, owner]));
  return new Map(
    [...former].filter(
      ([slot, owner]) => owners.get(slot) !== owner && (owners.has(slot) || slots.has(owner) || leftItsGroup(owner, slots)),
    ),
  );
}

/** Marks of connections that have to be forgotten, so that their next packet is judged anew. */
function staleMarks(reusedSlots: ReadonlyMap<number, string>, mask: number, previous: SlotAssignment): Fwmark[] {
  if (previous.mask === undefined || previous.mask === mask) {
    const field = markField(mask);
    return [...reusedSlots.keys()].filter((slot) => slot >= 1 && slot <= field.capacity).map((slot) => slotOnly(field, slot));
  }
  // Read in the new field, marks of the old one would be somebody else's.
  const field = markField(previous.mask);
  const slots = new Set([...previous.slots.values(), ...previous.retired.keys(), field.pinnedToMain]);
  return [...slots].filter((slot) => slot >= 1 && slot <= field.pinnedToMain).map((slot) => slotOnly(field, slot));
}

/** The assignment as it is remembered until those connections are forgotten. */
export function remembering({ assignment, reused, formerMask }: AssignedSlots): SlotAssignment {
  return { ...assignment, retired: new Map([...assignment.retired, ...reused]), mask: formerMask };
}
