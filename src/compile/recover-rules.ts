import type { Match, Rule } from "../kernel/rule.ts";
import type { Fwmark } from "../net/fwmark.ts";
import { ARRIVAL_LABEL, allSlots, CHAINS, type ChainInput, hasSlot, jump, written } from "./chain-parts.ts";
import { arrivalMark, slotMark } from "./mark-field.ts";

/**
 * A connection that has lost its slot to somebody's mark: WAN load balancing writes its own as a whole, with every packet until
 * there is an answer, and with every packet at all when it balances each. The last label wins: "pinned to main" comes after the slot that was left.
 */
export function recoverRules(input: ChainInput): Rule[] {
  const { field } = input;
  const restore = (slot: number, note: string, mark: Fwmark, ...more: Match[]): Rule => ({
    matches: [...more, { match: "label", label: slot }],
    action: { action: "set-connmark", mark: written(input, mark) },
    note,
  });
  return [
    ...allSlots(input)
      .filter(({ slot }) => !input.groups.some((group) => group.slot === slot))
      .map(({ slot, owner }) => restore(slot, owner, slotMark(field, slot))),
    ...allSlots(input).map(({ slot, owner }) =>
      restore(slot, owner, arrivalMark(field, slot), { match: "label", label: ARRIVAL_LABEL }),
    ),
    { matches: [hasSlot(field)], action: jump(CHAINS.keep) },
  ];
}
