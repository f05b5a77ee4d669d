import type { Match, Rule } from "../kernel/rule.ts";
import { ACCEPT, type ChainInput, jump, written } from "./chain-parts.ts";
import { balancedMembers, type MemberTarget } from "./group-targets.ts";
import { slotMark } from "./mark-field.ts";
import { targetChain } from "./targets.ts";

/** The chain a rule with this slot jumps to. */
export function targetRules(input: ChainInput, slot: number, note: string): Rule[] {
  const group = input.groups.find((candidate) => candidate.slot === slot && candidate.config.mode === "balance");
  const members = group === undefined ? [] : balancedMembers(group, input.family);
  // Without any the group's own table says what happens, and which member comes back first.
  if (members.length > 0) return spread(members, note);
  const mark = written(input, slotMark(input.field, slot));
  return [
    { matches: [], action: { action: "set-mark", mark }, note },
    { matches: [], action: { action: "set-connmark", mark }, note },
    ...(input.labels && !isOfGroup(input, slot)
      ? [{ matches: [], action: { action: "set-label", label: slot }, note } satisfies Rule]
      : []),
    { matches: [], action: ACCEPT, note },
  ];
}

/** Slots of groups and members: what their connections remember is decided on their way out. */
function isOfGroup({ groups }: ChainInput, slot: number): boolean {
  return groups.some((group) => group.slot === slot || group.members.some((member) => member.slot === slot));
}

/** One member for each connection, by weight: each is asked with its share of what those before it have left. */
function spread(members: readonly MemberTarget[], note: string): Rule[] {
  let left = members.reduce((sum, { weight }) => sum + weight, 0);
  return members.map(({ slot, weight }, i): Rule => {
    const chance: Match = { match: "chance", part: weight, of: left };
    left -= weight;
    return { matches: i === members.length - 1 ? [] : [chance], action: jump(targetChain(slot)), note };
  });
}
