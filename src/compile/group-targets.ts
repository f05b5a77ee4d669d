import { compareNatural } from "../config/natural-order.ts";
import type { Config, Group, Uplink } from "../config/schema.ts";
import { memberTableName, usedGroups } from "../config/used-groups.ts";
import { TABLE_BASE } from "../kernel/ownership.ts";
import type { Family } from "../net/address.ts";
import type { Facts, SlotAssignment } from "../uplink/facts.ts";
import type { Liveness } from "../uplink/liveness.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";
import { groupOwner, memberOwner } from "./assign-slots.ts";
import { carries } from "./targets.ts";

/** A group as the compiler sees it. */
export interface GroupTarget {
  readonly name: string;
  readonly owner: string;
  readonly config: Group;
  readonly slot: number;
  readonly table: number;
  readonly tableName: string;
  /** In the order in which they are used: by priority, then by name. */
  readonly members: readonly MemberTarget[];
}

/** A member of a group: a slot and a table for the connections that left by it. */
export interface MemberTarget {
  readonly name: string;
  readonly owner: string;
  readonly uplink: Uplink;
  /** Absent when the uplink or the group is disabled, or nothing is known of it: it counts as down. */
  readonly state: UplinkState | undefined;
  readonly slot: number;
  readonly table: number;
  readonly tableName: string;
  readonly weight: number;
  /** Usable, but not to have traffic back yet (`failback`): used when no other member is. */
  readonly held: boolean;
}

/** Defaults of a group's table: the first member has 10, the next 20. They stay as they are when another member goes. */
const METRIC_STEP = 10;
/** The metric of a member in its own table. */
const OWN_METRIC = 1;
/** Lifts a held member behind every other: 126 members end at 1260. */
const HELD_METRIC = 10_000;

/** Who is held back, and at which time (seconds since the epoch). */
interface GroupFacts extends Pick<Facts, "now"> {
  readonly liveness: Pick<Liveness, "held">;
}

/** Groups that have something in the kernel. */
export function groupTargets(
  config: Config,
  uplinks: readonly UplinkState[],
  slots: SlotAssignment,
  { liveness, now }: GroupFacts,
): GroupTarget[] {
  const slotOf = (owner: string): number => {
    const slot = slots.slots.get(owner);
    if (slot === undefined) throw new Error(`Bug: ${owner} has no slot`);
    return slot;
  };
  return usedGroups(config).map(([name, group]) => {
    const owner = groupOwner(name);
    const slot = slotOf(owner);
    const held = liveness.held.get(name);
    const members = ranked(group).flatMap((member): MemberTarget[] => {
      const uplink = config.uplink[member];
      if (uplink === undefined) return [];
      const memberSlot = slotOf(memberOwner(name, member));
      const off = group.disable || uplink.disable;
      return [
        {
          name: member,
          owner: memberOwner(name, member),
          uplink,
          state: off ? undefined : uplinks.find((state) => state.name === member),
          slot: memberSlot,
          table: TABLE_BASE + memberSlot,
          tableName: memberTableName(name, member),
          weight: group.uplink[member]?.weight ?? 1,
          held: held?.has(member) === true && (held.get(member) ?? Number.POSITIVE_INFINITY) > now,
        },
      ];
    });
    return { name, owner, config: group, slot, table: TABLE_BASE + slot, tableName: name, members };
  });
}

/** Names of a group's members, first the one that is used first. */
export function ranked(group: Group): string[] {
  return Object.entries(group.uplink)
    .sort(([a, one], [b, other]) => one.priority - other.priority || compareNatural(a, b))
    .map(([name]) => name);
}

/**
 * Metric of a member's default in the table of `first`, which is that of the group itself when undefined. Connections that left
 * by a member go on by it while it is there, unless failover is told to take them back at once.
 */
export function memberMetric({ config, members }: GroupTarget, member: MemberTarget, first: MemberTarget | undefined): number {
  const returns = config.mode === "failover" && config.failback === "immediate";
  const rank = member === first && !returns ? OWN_METRIC : METRIC_STEP * (members.indexOf(member) + 1);
  return member.held ? rank + HELD_METRIC : rank;
}

/** The members in the order in which the kernel uses them in that table, as far as they carry packets of the family now. */
export function liveMembers(group: GroupTarget, family: Family, first?: MemberTarget): MemberTarget[] {
  return group.members
    .filter((member) => carries(member, family))
    .sort((a, b) => memberMetric(group, a, first) - memberMetric(group, b, first));
}

/** The members that new connections are spread over with `mode balance`: those that are held only when there are no others. */
export function balancedMembers(group: GroupTarget, family: Family): MemberTarget[] {
  const live = liveMembers(group, family);
  const free = live.filter(({ held }) => !held);
  return free.length > 0 ? free : live;
}
