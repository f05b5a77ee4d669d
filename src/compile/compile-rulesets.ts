import type { Config, Rule } from "../config/schema.ts";
import type { KernelState } from "../kernel/kernel-state.ts";
import type { Facts, Rival } from "../uplink/facts.ts";
import type { AssignedSlots } from "./assign-slots.ts";
import type { ChainInput } from "./chain-parts.ts";
import type { CompileInput } from "./compile.ts";
import { compileChains } from "./compile-chains.ts";
import { compileNft } from "./compile-nft.ts";
import type { GroupTarget } from "./group-targets.ts";
import type { MarkField } from "./mark-field.ts";
import { ruleOwner } from "./targets.ts";

/** What gives packets their marks. */
export type Rulesets = Pick<KernelState, "chains" | "hooks" | "nft" | "sets">;

/**
 * What WAN load balancing writes into marks, as a whole (0xc8 + n). Left in the mark of a packet that we steer, they send it to
 * one of its uplinks and its source NAT (kernel-layout.md 2.7).
 */
const LOAD_BALANCING_BITS = 0x1ff;

/** The rulesets of one family, in the backend that steers. */
export function compileRulesets(
  { config, facts, slots, backend }: CompileInput,
  parts: Pick<ChainInput, "family" | "field" | "uplinks" | "groups" | "strict" | "forwarded" | "local" | "inbound">,
): Rulesets {
  const { family, forwarded, local, inbound } = parts;
  const has = (kind: Rival["kind"]): boolean => facts.rivals.some((rival) => rival.kind === kind);
  const balanced = has("wan-load-balancing");
  const trackIn = facts.trackIn[family];
  const input: ChainInput = {
    ...parts,
    strict: family === "ipv4" ? parts.strict : [],
    slots: [...slots.assignment.slots].map(([owner, slot]) => ({ owner, slot })),
    localSlots: localSlots(config, slots, parts.groups),
    answers: answers(config, slots, parts.field),
    outside: outside(config, facts),
    trackIn: trackIn.length === 0 && has("notrack") ? ["PREROUTING", "OUTPUT"] : trackIn,
    vrfInterfaces: [...new Set(facts.links.flatMap(({ name, vrf }) => (vrf === undefined ? [] : [name, vrf])))],
    alsoCleared: backend === "nftables" && balanced ? LOAD_BALANCING_BITS : 0,
    labels: backend === "iptables" ? facts.iptables.labels : facts.nft.works && facts.nft.labels,
  };
  if (backend === "iptables") {
    const sets = new Map([...inbound.sets, ...forwarded.sets, ...local.sets].map((set) => [set.name, set]));
    return { ...compileChains(input), nft: [], sets: [...sets.values()] };
  }
  const table = compileNft(input);
  return { chains: [], hooks: [], nft: [table], sets: [] };
}

/** Slots of rules for `traffic inbound`; `action exempt` leaves the replies to main, and so does an exempt source. */
function answers(config: Config, slots: AssignedSlots, field: MarkField): ChainInput["slots"] {
  const owners = new Set(inboundRules(config).flatMap((rule) => (rule.action === "set" ? (ruleOwner(rule) ?? []) : [])));
  const exempts = config.exempt.source.length > 0 || inboundRules(config).some(({ action }) => action === "exempt");
  return [
    ...[...owners].flatMap((owner) => {
      const slot = slots.assignment.slots.get(owner);
      return slot === undefined ? [] : [{ slot, owner }];
    }),
    ...(exempts ? [{ slot: field.pinnedToMain, owner: "pinned to main" }] : []),
  ];
}

function outside(config: Config, { links }: Facts): ChainInput["outside"] {
  const named = inboundRules(config).flatMap((rule) => rule["inbound-interface"].filter(({ negate }) => !negate));
  const uplinks = new Set(Object.values(config.uplink).flatMap((uplink) => (uplink.disable ? [] : (uplink.interface ?? []))));
  const vrfs = links.flatMap(({ name, vrf }) => (vrf !== undefined && uplinks.has(name) ? [{ name: vrf, wildcard: false }] : []));
  const all = new Map([...named, ...vrfs].map((one) => [`${one.name}${one.wildcard ? "+" : ""}`, one]));
  return [...all.values()].map(({ name, wildcard }) => ({ match: "in-interface", name, wildcard, negate: false }));
}

function inboundRules(config: Config): Rule[] {
  return Object.values(config.rule).filter(({ disable, traffic }) => !disable && traffic === "inbound");
}

function localSlots(config: Config, slots: AssignedSlots, groups: readonly GroupTarget[]): Set<number> {
  const used = new Set<number>();
  for (const rule of Object.values(config.rule)) {
    if (rule.disable || (rule.traffic !== "local" && rule.traffic !== "all")) continue;
    const slot = slots.assignment.slots.get(ruleOwner(rule) ?? "");
    if (slot !== undefined) used.add(slot);
    // By the time a connection is translated, it is one of the member it leaves by.
    for (const { name, members } of groups) if (name === rule.set.group) for (const member of members) used.add(member.slot);
  }
  return used;
}
