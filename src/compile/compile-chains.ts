import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { Action, Chain, Hook, Match, Rule } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";
import type { Fwmark } from "../net/fwmark.ts";
import type { Facts } from "../uplink/facts.ts";
import type { RuleChains } from "./compile-rules.ts";
import { arrivalMark, type MarkField, slotMark } from "./mark-field.ts";
import { targetChain, type UplinkTarget } from "./targets.ts";

/** What the chains of one family are made from. */
export interface ChainInput {
  readonly family: Family;
  readonly field: MarkField;
  readonly uplinks: readonly UplinkTarget[];
  /** Uplinks whose interface is under strict reverse path filtering. */
  readonly strict: readonly UplinkTarget[];
  /** Every slot that rules jump to or uplinks own, with the owner for the comment. */
  readonly slots: readonly { readonly slot: number; readonly owner: string }[];
  readonly forwarded: RuleChains;
  readonly local: RuleChains;
  /** Slots that rules for the router's own traffic use: their packets were given a source before they were steered. */
  readonly localSlots: ReadonlySet<number>;
  readonly untracked: Facts["untracked"][Family];
}

const PRE = `${CHAIN_PREFIX}_PRE`;
const OUT = `${CHAIN_PREFIX}_OUT`;
const KEEP = `${CHAIN_PREFIX}_KEEP`;
const RESTORE = `${CHAIN_PREFIX}_RESTORE`;
const PIN = `${CHAIN_PREFIX}_PIN`;
const SNAT = `${CHAIN_PREFIX}_SNAT`;
const CT = `${CHAIN_PREFIX}_CT`;
export const FORWARDED_CHAIN = `${CHAIN_PREFIX}_FWD`;
export const LOCAL_CHAIN = `${CHAIN_PREFIX}_LOC`;

const CONFIRMED: Match = { match: "confirmed", negate: false };
const UNCONFIRMED: Match = { match: "confirmed", negate: true };
const ORIGINAL: Match = { match: "direction", direction: "original" };
const REPLY: Match = { match: "direction", direction: "reply" };
const RETURN: Action = { action: "return" };
const ACCEPT: Action = { action: "accept" };
const jump = (chain: string): Action => ({ action: "jump", chain });
const fwmark = (mark: Fwmark, negate = false): Match => ({ match: "fwmark", mark, negate });
const connmark = (mark: Fwmark, negate = false): Match => ({ match: "connmark", mark, negate });

/** All chains of one family and the jumps into them: the ruleset of kernel-layout.md section 3 A. */
export function compileChains(input: ChainInput): { chains: Chain[]; hooks: Hook[] } {
  const { family } = input;
  const chain = (table: Chain["table"], name: string, rules: readonly Rule[]): Chain => ({ family, table, name, rules });
  const hook = (table: Hook["table"], builtIn: string, target: string): Hook => ({ family, table, chain: builtIn, target });
  const chains = [
    chain("mangle", PRE, preRules(input)),
    chain("mangle", OUT, outRules(input)),
    chain("mangle", KEEP, keepRules(input.field)),
    chain("mangle", RESTORE, restoreRules(input.field)),
    ...[...input.forwarded.chains, ...input.local.chains].map(({ name, rules }) => chain("mangle", name, rules)),
    ...input.slots.map(({ slot, owner }) => chain("mangle", targetChain(slot), targetRules(input.field, slot, owner))),
    chain("mangle", PIN, pinRules(input)),
  ];
  const hooks = [hook("mangle", "PREROUTING", PRE), hook("mangle", "OUTPUT", OUT), hook("mangle", "POSTROUTING", PIN)];
  const nat = natRules(input);
  if (nat.length > 0) {
    chains.push(chain("nat", SNAT, nat));
    hooks.push(hook("nat", "POSTROUTING", SNAT));
  }
  // Raw is left alone where nothing untracks: somebody's `CT --helper` below would lose its effect (kernel-layout.md section 0).
  if (input.untracked === "vyatta-hook") {
    chains.push(chain("raw", CT, [{ matches: [], action: ACCEPT }]));
    hooks.push(hook("raw", "VYATTA_CT_PREROUTING_HOOK", CT), hook("raw", "VYATTA_CT_OUTPUT_HOOK", CT));
  } else if (input.untracked === "notrack") {
    chains.push(chain("raw", CT, [{ matches: [], action: { action: "track" } }]));
    hooks.push(hook("raw", "PREROUTING", CT), hook("raw", "OUTPUT", CT));
  }
  return { chains, hooks };
}

function hasSlot(field: MarkField): Match {
  return connmark({ value: 0, mask: field.slotMask }, true);
}

/** Once per connection the rules are asked; every later packet goes by what the connection remembers, whatever the number of rules. */
function preRules({ field, uplinks, strict }: ChainInput): Rule[] {
  const arrivals = uplinks.flatMap((target): Rule[] => {
    const { name, config, slot } = target;
    if (config.interface === undefined || config.disable) return [];
    const from: Match = { match: "in-interface", name: config.interface, wildcard: false, negate: false };
    const mark = arrivalMark(field, slot);
    const note = `uplink ${name}`;
    return [
      ...(strict.includes(target) ? [{ matches: [from], action: { action: "set-mark", mark }, note } satisfies Rule] : []),
      // Before KEEP: a related connection (active FTP) inherits its master's mark without the arrival bit.
      ...(config["track-inbound"] === "enable"
        ? [{ matches: [from, ORIGINAL, UNCONFIRMED], action: { action: "set-connmark", mark }, note } satisfies Rule]
        : []),
    ];
  });
  return [...arrivals, { matches: [hasSlot(field)], action: jump(KEEP) }, ...firstPacket(FORWARDED_CHAIN)];
}

function outRules({ field }: ChainInput): Rule[] {
  return [
    { matches: [{ match: "out-interface", name: "lo", negate: false }], action: RETURN },
    // Marked by its program (SO_MARK: a prober, a tunnel): it knows what it wants.
    { matches: [fwmark({ value: 0, mask: field.slotMask }, true)], action: ACCEPT },
    { matches: [hasSlot(field)], action: jump(KEEP) },
    ...firstPacket(LOCAL_CHAIN),
  ];
}

function firstPacket(rules: string): Rule[] {
  return [
    { matches: [CONFIRMED], action: RETURN },
    // Traffic to the router itself is never steered, even where `lookup local` sits behind our ip rules (VRF).
    { matches: [{ match: "local-address", side: "destination" }], action: RETURN },
    { matches: [], action: jump(rules) },
  ];
}

/**
 * The mark is restored only in the direction that goes away from the uplink: restored on what arrives, it would send the
 * packet back out (wan-load-balancing.md, e). What is not restored loses foreign bits in our field before it is accepted.
 */
function keepRules(field: MarkField): Rule[] {
  const arrived = (yes: boolean): Match => connmark({ value: yes ? field.arrival : 0, mask: field.arrival });
  return [
    { matches: [arrived(false), ORIGINAL], action: jump(RESTORE) },
    { matches: [arrived(true), REPLY], action: jump(RESTORE) },
    {
      matches: [fwmark({ value: 0, mask: field.arrival })],
      action: { action: "set-mark", mark: { value: 0, mask: field.mask } },
    },
    { matches: [], action: ACCEPT },
  ];
}

function restoreRules(field: MarkField): Rule[] {
  return [
    { matches: [], action: { action: "restore-mark", from: field.slotMask, to: field.mask } },
    { matches: [], action: ACCEPT },
  ];
}

function targetRules(field: MarkField, slot: number, note: string): Rule[] {
  const mark = slotMark(field, slot);
  return [
    { matches: [], action: { action: "set-mark", mark }, note },
    { matches: [], action: { action: "set-connmark", mark }, note },
    { matches: [], action: ACCEPT, note },
  ];
}

/** A connection that leaves by another interface than its uplink's stays where it went, also when the uplink returns. */
function pinRules({ field, uplinks }: ChainInput): Rule[] {
  const pinned = slotMark(field, field.pinnedToMain);
  return [
    { matches: [CONFIRMED], action: RETURN },
    ...uplinks.flatMap((target): Rule[] =>
      target.config.interface === undefined
        ? []
        : [
            {
              matches: [
                { match: "out-interface", name: target.config.interface, negate: true },
                connmark(slotMark(field, target.slot)),
              ],
              action: { action: "set-connmark", mark: pinned },
              note: `uplink ${target.name}`,
            },
          ],
    ),
  ];
}

function natRules(input: ChainInput): Rule[] {
  return [...uplinkNat(input), ...tableNat(input)];
}

/** A table that the operator fills can lead anywhere, so no interface is named. Only what main sends needs no other source. */
function tableNat({ field, slots, localSlots }: ChainInput): Rule[] {
  const tables = slots.filter(({ slot, owner }) => localSlots.has(slot) && owner.startsWith("table ") && owner !== "table main");
  return tables.map(({ slot, owner }) => ({
    matches: [connmark(slotMark(field, slot)), { match: "local-address", side: "source" }, { match: "no-ipsec" }],
    action: { action: "masquerade" },
    note: owner,
  }));
}

function uplinkNat({ field, family, uplinks, localSlots }: ChainInput): Rule[] {
  return uplinks.flatMap((target): Rule[] => {
    const { config, slot, name } = target;
    if (config.interface === undefined || config.disable) return [];
    const leaving: Match[] = [{ match: "out-interface", name: config.interface, negate: false }, connmark(slotMark(field, slot))];
    const note = `uplink ${name}`;
    const nat = config["source-nat"];
    // IPsec looks at the source after NAT: translated, the packet would miss its tunnel.
    const outside: Match = { match: "no-ipsec" };
    if (nat === "masquerade") return [{ matches: [...leaving, outside], action: { action: "masquerade" }, note }];
    if (nat !== "disable" && nat.includes(":") === (family === "ipv6")) {
      return [{ matches: [...leaving, outside], action: { action: "snat", address: nat }, note }];
    }
    // Rerouting a packet of the router's own does not change its source, which was chosen for main (kernel-layout.md 2.10).
    if (!localSlots.has(slot)) return [];
    return [
      { matches: [...leaving, { match: "local-address", side: "source" }, outside], action: { action: "masquerade" }, note },
    ];
  });
}
