import type { NftTable } from "../kernel/kernel-state.ts";
import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { BaseHook, Match, NftChain, Rule } from "../kernel/rule.ts";
import { answerRules, arrivalChains, relatedOutRules, relatedRules } from "./arrival-rules.ts";
import { ACCEPT, allSlots, CHAINS, type ChainInput, ORIGINAL, REPLY, written } from "./chain-parts.ts";
import { arrivedRules, clearRules, outRules, preRules, trackRules } from "./entry-rules.ts";
import { arrivalMark, slotMark } from "./mark-field.ts";
import { natRules } from "./nat-rules.ts";
import { groupPinChain, groupPinRules, pinRules } from "./pin-rules.ts";
import { recoverRules } from "./recover-rules.ts";
import { targetRules } from "./target-rules.ts";
import { answerChain, targetChain } from "./targets.ts";

/** Just behind iptables' mangle table and every other chain at its priority: the last one to write the mark wins. */
const MANGLE = -149;
/** Just before raw, where packets are taken out of connection tracking. */
const BEFORE_RAW = -301;
/** Before the source NAT of WAN load balancing (srcnat - 1), of VyOS and of iptables (srcnat, 100): the first to translate wins. */
const BEFORE_SRCNAT = 98;

const restoreChain = (slot: number): string => `${CHAIN_PREFIX}_R_${slot}`;

/** Our nft table of one family: the ruleset of kernel-layout.md section 3 B. */
export function compileNft(input: ChainInput): NftTable {
  const { family } = input;
  const base = (name: string, type: BaseHook["type"], hook: BaseHook["hook"], priority: number, rules: Rule[]): NftChain => ({
    name,
    base: { type, hook, priority },
    rules,
  });
  const slots = allSlots(input);
  const nat = natRules(input);
  const chains: NftChain[] = [
    ...slots.map(({ slot, owner }) => ({ name: restoreChain(slot), rules: restoreRules(input, slot, owner) })),
    ...input.slots.map(({ slot, owner }) => ({ name: targetChain(slot), rules: targetRules(input, slot, owner) })),
    ...input.groups.map((group) => ({ name: groupPinChain(group), rules: groupPinRules(input, group) })),
    { name: CHAINS.keep, rules: [...keepRules(input, slots), ...clearRules(input)] },
    { name: CHAINS.related, rules: relatedRules(input) },
    { name: CHAINS.relatedOut, rules: relatedOutRules(input) },
    ...input.answers.map(({ slot, owner }) => ({ name: answerChain(slot), rules: answerRules(input, slot, owner) })),
    ...[...input.inbound.chains, ...input.forwarded.chains, ...input.local.chains].map(({ name, rules }) => ({ name, rules })),
    ...(input.labels ? [{ name: CHAINS.recover, rules: recoverRules(input) }, ...arrivalChains(input)] : []),
    base(CHAINS.pre, "filter", "prerouting", MANGLE, preRules(input)),
    base(CHAINS.out, "route", "output", MANGLE, outRules(input)),
    base(CHAINS.pin, "filter", "postrouting", MANGLE, pinRules(input)),
    ...(nat.length === 0 ? [] : [base(CHAINS.snat, "nat", "postrouting", BEFORE_SRCNAT, nat)]),
    ...(input.trackIn.length > 0
      ? [
          base(`${CHAIN_PREFIX}_CT_PRE`, "filter", "prerouting", BEFORE_RAW, trackRules(input, "in-interface")),
          base(`${CHAIN_PREFIX}_CT_OUT`, "filter", "output", BEFORE_RAW, trackRules(input, "out-interface")),
        ]
      : []),
  ];
  const sets = new Map([...input.inbound.sets, ...input.forwarded.sets, ...input.local.sets].map((set) => [set.name, set]));
  return { family, chains, sets: [...sets.values()] };
}

type Slots = ChainInput["slots"];

/**
 * The mark is restored only in the direction that goes away from the uplink, as in iptables. nft cannot put the connection's
 * bits into the packet's mark, so there is one chain per slot, found by one look into a map.
 */
function keepRules({ field }: ChainInput, slots: Slots): Rule[] {
  const to = (mark: (slot: number) => number) => new Map(slots.map(({ slot }) => [mark(slot), restoreChain(slot)]));
  const restore = (direction: Match, mark: (slot: number) => number): Rule => ({
    matches: [direction],
    action: { action: "goto-by-connmark", mask: field.mask, chains: to(mark) },
  });
  return [restore(ORIGINAL, (slot) => slotMark(field, slot).value), restore(REPLY, (slot) => arrivalMark(field, slot).value)];
}

function restoreRules(input: ChainInput, slot: number, note: string): Rule[] {
  return [
    ...(slot === input.field.pinnedToMain ? arrivedRules(input) : []),
    { matches: [], action: { action: "set-mark", mark: written(input, slotMark(input.field, slot)) }, note },
    { matches: [], action: ACCEPT, note },
  ];
}
