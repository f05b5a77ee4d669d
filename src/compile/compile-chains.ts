import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { Chain, Hook, Match, Rule } from "../kernel/rule.ts";
import { isVyattaHook } from "../kernel/vyatta-hooks.ts";
import { answerRules, arrivalChains, relatedOutRules, relatedRules } from "./arrival-rules.ts";
import {
  ACCEPT,
  ARRIVAL_LABEL,
  CHAINS,
  type ChainInput,
  CONFIRMED,
  connmark,
  fwmark,
  jump,
  ORIGINAL,
  REPLY,
  SOME_CONNMARK,
} from "./chain-parts.ts";
import { arrivedRules, clearRules, outRules, preRules, trackRules } from "./entry-rules.ts";
import type { GroupTarget } from "./group-targets.ts";
import { type MarkField, slotMark } from "./mark-field.ts";
import { natRules } from "./nat-rules.ts";
import { groupPinChain, groupPinRules, pinRules } from "./pin-rules.ts";
import { recoverRules } from "./recover-rules.ts";
import { targetRules } from "./target-rules.ts";
import { answerChain, targetChain, type UplinkTarget } from "./targets.ts";

const RESTORE = `${CHAIN_PREFIX}_RESTORE`;
const STRAY = `${CHAIN_PREFIX}_STRAY`;
const CT = `${CHAIN_PREFIX}_CT`;

/** The iptables chains of one family and the jumps into them: the ruleset of kernel-layout.md section 3 A. */
export function compileChains(input: ChainInput): { chains: Chain[]; hooks: Hook[] } {
  const { family } = input;
  const chain = (table: Chain["table"], name: string, rules: readonly Rule[]): Chain => ({ family, table, name, rules });
  const hook = (table: Hook["table"], builtIn: string, target: string): Hook => ({ family, table, chain: builtIn, target });
  const chains = [
    chain("mangle", CHAINS.pre, preRules(input)),
    chain("mangle", CHAINS.out, outRules(input)),
    chain("mangle", CHAINS.keep, [...keepRules(input.field), ...clearRules(input)]),
    chain("mangle", RESTORE, [...arrivedRules(input), ...restoreRules(input.field)]),
    ...(input.labels ? [chain("mangle", CHAINS.recover, recoverRules(input))] : []),
    ...arrivalChains(input).map(({ name, rules }) => chain("mangle", name, rules)),
    chain("mangle", CHAINS.related, relatedRules(input)),
    chain("mangle", CHAINS.relatedOut, relatedOutRules(input)),
    ...[...input.inbound.chains, ...input.forwarded.chains, ...input.local.chains].map(({ name, rules }) =>
      chain("mangle", name, rules),
    ),
    ...input.answers.map(({ slot, owner }) => chain("mangle", answerChain(slot), answerRules(input, slot, owner))),
    ...input.slots.map(({ slot, owner }) => chain("mangle", targetChain(slot), targetRules(input, slot, owner))),
    ...input.groups.map((group) => chain("mangle", groupPinChain(group), groupPinRules(input, group))),
    chain("mangle", CHAINS.pin, [...strayGate(input), ...pinRules(input)]),
    ...strayChains(input).map(({ name, rules }) => chain("mangle", name, rules)),
  ];
  const hooks = [
    hook("mangle", "PREROUTING", CHAINS.pre),
    hook("mangle", "OUTPUT", CHAINS.out),
    hook("mangle", "POSTROUTING", CHAINS.pin),
  ];
  const nat = natRules(input);
  if (nat.length > 0) {
    chains.push(chain("nat", CHAINS.snat, nat));
    hooks.push(hook("nat", "POSTROUTING", CHAINS.snat));
  }
  const tracking = compileTracking(input);
  return { chains: [...chains, ...tracking.chains], hooks: [...hooks, ...tracking.hooks] };
}

/** Raw is left alone where nothing untracks: somebody's `CT --helper` below would lose its effect (kernel-layout.md section 0). */
function compileTracking(input: ChainInput): { chains: Chain[]; hooks: Hook[] } {
  const { family, trackIn } = input;
  if (trackIn.length === 0) return { chains: [], hooks: [] };
  // One chain for packets that come in and for the router's own, which have only one of the two interfaces there.
  const [leaving, entering] = [trackRules(input, "out-interface"), trackRules(input, "in-interface")];
  const track = [...leaving.slice(0, -1), ...entering];
  // In a built-in chain ACCEPT would spare packets what others ask there of all, a DROP too.
  const accept = trackIn.every(isVyattaHook);
  return {
    chains: [
      {
        family,
        table: "raw",
        name: CT,
        rules: accept ? [{ matches: [], action: ACCEPT }] : track,
      },
    ],
    hooks: trackIn.map((chain): Hook => ({ family, table: "raw", chain, target: CT })),
  };
}

/** Uplinks whose traffic may leave by no other line. */
function jealous({ uplinks }: ChainInput): readonly UplinkTarget[] {
  return uplinks.filter(({ config }) => config.interface !== undefined && !config.disable && config["if-down"] !== "main");
}

/** Groups whose traffic may leave by their members' lines only. */
function jealousGroups({ groups }: ChainInput): readonly GroupTarget[] {
  return groups.filter(({ config, members }) => config["if-down"] !== "main" && members.length > 0);
}

/**
 * While somebody else's jump is in front, our marks are missing, and what we steer leaves by another line. It is dropped there
 * where the uplink has a kill switch. That is before source NAT looks: a masqueraded connection that leaves by another
 * interface is forgotten by the kernel (nf_nat_oif_changed), and would begin anew as the other's, to stay so. Dropped, it goes
 * on when our jump is first again. Packets that we have marked take the way of their table, whatever it says.
 */
function strayGate(input: ChainInput): Rule[] {
  if (jealous(input).length + jealousGroups(input).length === 0) return [];
  const unmarked = fwmark({ value: 0, mask: input.field.mask });
  return [{ matches: [SOME_CONNMARK, unmarked, ORIGINAL, CONFIRMED], action: { action: "goto", chain: STRAY } }];
}

/** The chains that the gate leads to. */
function strayChains(input: ChainInput): { name: string; rules: Rule[] }[] {
  if (strayGate(input).length === 0) return [];
  const ofGroups = jealousGroups(input).map((group) => {
    const interfaces = [...new Set(group.members.flatMap(({ uplink }) => uplink.interface ?? []))];
    const own = interfaces.map((name): Rule => {
      return { matches: [{ match: "out-interface", name, negate: false }], action: { action: "return" }, note: group.owner };
    });
    return { name: strayGroup(group), rules: [...own, { matches: [], action: { action: "drop" }, note: group.owner } as Rule] };
  });
  return [...ofGroups, { name: STRAY, rules: strayRules(input) }];
}

const strayGroup = (group: GroupTarget): string => `${CHAIN_PREFIX}_S_${group.slot}`;

/** By the slot, or by the label where the other overwrote the slot; one that was pinned to main left its uplink for good. */
function strayRules(input: ChainInput): Rule[] {
  const { field, labels } = input;
  const elsewhere = ({ config, name, slot }: UplinkTarget, memory: (slot: number) => Match): Rule => ({
    matches: [{ match: "out-interface", name: config.interface ?? "", negate: true }, memory(slot)],
    action: { action: "drop" },
    note: `uplink ${name}`,
  });
  const strays = (memory: (slot: number) => Match): Rule[] => [
    ...jealous(input).map((target) => elsewhere(target, memory)),
    ...jealousGroups(input).flatMap((group) =>
      group.members.map(({ slot, owner }): Rule => {
        return { matches: [memory(slot)], action: { action: "goto", chain: strayGroup(group) }, note: owner };
      }),
    ),
  ];
  return [
    ...strays((slot) => connmark(slotMark(field, slot))),
    ...(labels
      ? [
          { matches: [connmark({ value: 0, mask: field.slotMask }, true)], action: { action: "return" } } satisfies Rule,
          { matches: [{ match: "label", label: field.pinnedToMain }], action: { action: "return" } } satisfies Rule,
          { matches: [{ match: "label", label: ARRIVAL_LABEL }], action: { action: "return" } } satisfies Rule,
          ...strays((slot) => ({ match: "label", label: slot })),
        ]
      : []),
  ];
}

/**
 * The mark is restored only in the direction that goes away from the uplink: restored on what arrives, it would send the
 * packet back out (wan-load-balancing.md, e).
 */
function keepRules(field: MarkField): Rule[] {
  const arrived = (yes: boolean): Match => connmark({ value: yes ? field.arrival : 0, mask: field.arrival });
  return [
    { matches: [arrived(false), ORIGINAL], action: jump(RESTORE) },
    { matches: [arrived(true), REPLY], action: jump(RESTORE) },
  ];
}

function restoreRules(field: MarkField): Rule[] {
  return [
    { matches: [], action: { action: "restore-mark", from: field.slotMask, to: field.mask } },
    { matches: [], action: ACCEPT },
  ];
}
