import type { NftTable } from "../kernel/kernel-state.ts";
import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { BaseHook, Match, NftChain, Rule } from "../kernel/rule.ts";
import {
  ACCEPT,
  answerRules,
  CHAINS,
  type ChainInput,
  CONFIRMED,
  clearRules,
  connmark,
  jump,
  natRules,
  ORIGINAL,
  outRules,
  pinRules,
  preRules,
  REPLY,
  relatedRules,
  targetRules,
  trackRules,
  written,
} from "./chain-rules.ts";
import { arrivalMark, slotMark } from "./mark-field.ts";
import { answerChain, targetChain } from "./targets.ts";

/** What only the nftables backend has to know. */
export interface NftInput extends ChainInput {
  /** Somebody rewrites connection marks while a connection has no answer: its slot is kept in a label too. */
  readonly labels: boolean;
}

/** Just behind iptables' mangle table and every other chain at its priority: the last one to write the mark wins. */
const MANGLE = -149;
/** Just before raw, where packets are taken out of connection tracking. */
const BEFORE_RAW = -301;
/** Before the source NAT of WAN load balancing (srcnat - 1), of VyOS and of iptables (srcnat, 100): the first to translate wins. */
const BEFORE_SRCNAT = 98;

const RECOVER = `${CHAIN_PREFIX}_RECOVER`;
/** A label says "came in by that uplink" by this bit, and the slot by the bit of its number. */
const ARRIVAL_LABEL = 0;

const restoreChain = (slot: number): string => `${CHAIN_PREFIX}_R_${slot}`;
const labelChain = (slot: number): string => `${CHAIN_PREFIX}_L_${slot}`;

/** Our nft table of one family: the ruleset of kernel-layout.md section 3 B. */
export function compileNft(input: NftInput): NftTable {
  const { family, field } = input;
  const base = (name: string, type: BaseHook["type"], hook: BaseHook["hook"], priority: number, rules: Rule[]): NftChain => ({
    name,
    base: { type, hook, priority },
    rules,
  });
  // In the order of their numbers: that in which they were given depends on the past, and maps would differ for no reason.
  const given = [...input.slots].sort((a, b) => a.slot - b.slot);
  const slots = [...given, { slot: field.pinnedToMain, owner: "pinned to main" }];
  const recovery = input.labels ? recoveryRules(input) : [];
  const nat = natRules(input);
  const chains: NftChain[] = [
    ...slots.map(({ slot, owner }) => ({ name: restoreChain(slot), rules: restoreRules(input, slot, owner) })),
    ...given.map(({ slot, owner }) => ({ name: targetChain(slot), rules: targetRules(input, slot, owner) })),
    { name: CHAINS.keep, rules: [...keepRules(input, slots), ...clearRules(input)] },
    { name: CHAINS.related, rules: relatedRules(input) },
    ...input.answers.map(({ slot, owner }) => ({ name: answerChain(slot), rules: answerRules(input, slot, owner) })),
    ...[...input.inbound.chains, ...input.forwarded.chains, ...input.local.chains].map(({ name, rules }) => ({ name, rules })),
    ...(input.labels
      ? [
          ...slots.map(({ slot, owner }) => ({ name: labelChain(slot), rules: labelRules(input, slot, owner) })),
          { name: RECOVER, rules: recoverRules(input, slots) },
          base(`${CHAIN_PREFIX}_IN`, "filter", "input", MANGLE, [
            { matches: [CONFIRMED], action: { action: "return" } },
            rememberRule(input, slots),
          ]),
        ]
      : []),
    base(CHAINS.pre, "filter", "prerouting", MANGLE, preRules(input, recovery)),
    base(CHAINS.out, "route", "output", MANGLE, outRules(input, recovery)),
    base(CHAINS.pin, "filter", "postrouting", MANGLE, [
      ...pinRules(input),
      ...(input.labels ? [rememberRule(input, slots)] : []),
    ]),
    ...(nat.length === 0 ? [] : [base(CHAINS.snat, "nat", "postrouting", BEFORE_SRCNAT, nat)]),
    ...(input.untracked !== "none"
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
function keepRules({ field }: NftInput, slots: Slots): Rule[] {
  const to = (mark: (slot: number) => number) => new Map(slots.map(({ slot }) => [mark(slot), restoreChain(slot)]));
  const restore = (direction: Match, mark: (slot: number) => number): Rule => ({
    matches: [direction],
    action: { action: "goto-by-connmark", mask: field.mask, chains: to(mark) },
  });
  return [restore(ORIGINAL, (slot) => slotMark(field, slot).value), restore(REPLY, (slot) => arrivalMark(field, slot).value)];
}

function restoreRules(input: NftInput, slot: number, note: string): Rule[] {
  return [
    { matches: [], action: { action: "set-mark", mark: written(input, slotMark(input.field, slot)) }, note },
    { matches: [], action: ACCEPT, note },
  ];
}

/** WAN load balancing overwrites the connection mark with every packet until an answer has come. */
function recoveryRules({ field }: NftInput): Rule[] {
  return [{ matches: [connmark({ value: 0, mask: field.slotMask }), { match: "new" }, CONFIRMED], action: jump(RECOVER) }];
}

function recoverRules(input: NftInput, slots: Slots): Rule[] {
  const { field } = input;
  return slots.flatMap(({ slot, owner: note }): Rule[] => [
    {
      matches: [{ match: "label", label: slot }],
      action: { action: "set-connmark", mark: written(input, slotMark(field, slot)) },
      note,
    },
    {
      matches: [
        { match: "label", label: ARRIVAL_LABEL },
        { match: "label", label: slot },
      ],
      action: { action: "set-connmark", mark: written(input, arrivalMark(field, slot)) },
      note,
    },
  ]);
}

/** Once per connection, on its first packet's way out. */
function rememberRule({ field }: NftInput, slots: Slots): Rule {
  const chains = new Map(slots.map(({ slot }) => [slotMark(field, slot).value, labelChain(slot)]));
  return { matches: [], action: { action: "goto-by-connmark", mask: field.slotMask, chains } };
}

function labelRules({ field }: NftInput, slot: number, note: string): Rule[] {
  return [
    { matches: [], action: { action: "set-label", label: slot }, note },
    {
      matches: [connmark({ value: 0, mask: field.arrival }, true)],
      action: { action: "set-label", label: ARRIVAL_LABEL },
      note,
    },
  ];
}
