import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { Action, Match, Rule } from "../kernel/rule.ts";
import { type ChainInput, CONFIRMED, connmark, jump, RETURN, written } from "./chain-parts.ts";
import { type GroupTarget, liveMembers, type MemberTarget } from "./group-targets.ts";
import { slotMark } from "./mark-field.ts";

/**
 * A connection that leaves by another interface than its uplink's stays where it went, also when the uplink returns; one of a
 * group belongs to the member it left by.
 */
export function pinRules(input: ChainInput): Rule[] {
  const { field, uplinks, groups } = input;
  const elsewhere = (slot: number, name: string | undefined, action: Action, note: string): Rule[] =>
    name === undefined
      ? []
      : [{ matches: [{ match: "out-interface", name, negate: true }, connmark(slotMark(field, slot))], action, note }];
  const toMain: Action = { action: "set-connmark", mark: written(input, slotMark(field, field.pinnedToMain)) };
  return [
    { matches: [CONFIRMED], action: RETURN },
    ...uplinks.flatMap(({ name, slot, config }) => elsewhere(slot, config.interface, toMain, `uplink ${name}`)),
    ...groups.flatMap((group): Rule[] => {
      const pin = jump(groupPinChain(group));
      return [
        { matches: [connmark(slotMark(field, group.slot))], action: pin, note: group.owner },
        ...group.members.flatMap(({ slot, uplink, owner }) => elsewhere(slot, uplink.interface, pin, owner)),
      ];
    }),
    ...pinLabels(input),
  ];
}

/**
 * The slot a connection left with, in its label. Labels are never taken away: a member's is not given before it is known that
 * the connection leaves by it.
 */
function pinLabels({ field, groups, labels }: ChainInput): Rule[] {
  if (!labels) return [];
  const members = groups.flatMap(({ members }) => members.map(({ slot, owner }) => ({ slot, note: { note: owner } })));
  return [...members, { slot: field.pinnedToMain, note: {} }].map(
    ({ slot, note }): Rule => ({
      matches: [connmark(slotMark(field, slot))],
      action: { action: "set-label", label: slot },
      ...note,
    }),
  );
}

/** The chain that finds out by which member of a group a connection leaves. */
export function groupPinChain(group: GroupTarget): string {
  return `${CHAIN_PREFIX}_P_${group.slot}`;
}

/** By no member, until the interface says otherwise. */
export function groupPinRules(input: ChainInput, group: GroupTarget): Rule[] {
  const { field, family } = input;
  const pin = (slot: number): Action => ({ action: "set-connmark", mark: written(input, slotMark(field, slot)) });
  // Every interface has its rule even while its line is down: it comes back before anybody looks.
  const interfaces = new Set(group.members.flatMap(({ uplink }) => uplink.interface ?? []));
  return [
    { matches: [], action: pin(field.pinnedToMain), note: group.owner },
    ...[...interfaces].flatMap((name): Rule[] => {
      // Of several members on one interface the one that the kernel takes now.
      const is = ({ uplink }: MemberTarget): boolean => uplink.interface === name;
      const member = liveMembers(group, family).find(is) ?? group.members.find(is);
      const matches: Match[] = [{ match: "out-interface", name, negate: false }];
      return member === undefined ? [] : [{ matches, action: pin(member.slot), note: member.owner }];
    }),
  ];
}
