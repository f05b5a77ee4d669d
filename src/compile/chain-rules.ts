import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { Action, Match, Rule } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";
import type { Fwmark } from "../net/fwmark.ts";
import type { Facts } from "../uplink/facts.ts";
import type { RuleChains } from "./compile-rules.ts";
import { balancedMembers, type GroupTarget, liveMembers, type MemberTarget } from "./group-targets.ts";
import { arrivalMark, type MarkField, slotMark } from "./mark-field.ts";
import { targetChain, type UplinkTarget } from "./targets.ts";

/** What the chains of one family are made from. */
export interface ChainInput {
  readonly family: Family;
  readonly field: MarkField;
  readonly uplinks: readonly UplinkTarget[];
  readonly groups: readonly GroupTarget[];
  /** Uplinks whose interface is under strict reverse path filtering. */
  readonly strict: readonly UplinkTarget[];
  /** Every slot that rules jump to or uplinks own, with the owner for the comment. */
  readonly slots: readonly { readonly slot: number; readonly owner: string }[];
  readonly forwarded: RuleChains;
  readonly local: RuleChains;
  /** Slots that rules for the router's own traffic use: their packets were given a source before they were steered. */
  readonly localSlots: ReadonlySet<number>;
  /** How packets are kept from connection tracking, in iptables or (`notrack`) in nftables. */
  readonly untracked: Facts["untracked"][Family];
  /** VRF devices and members of VRFs: they keep the conntrack zone they were given. */
  readonly vrfInterfaces: readonly string[];
  /** Bits outside our field that are cleared with every mark we write, 0 for none (see compile-nft.ts). */
  readonly alsoCleared: number;
}

/** Names of the chains, the same in iptables and in our nft table: nft's reserved words have no capital letters. */
export const CHAINS = {
  pre: `${CHAIN_PREFIX}_PRE`,
  out: `${CHAIN_PREFIX}_OUT`,
  keep: `${CHAIN_PREFIX}_KEEP`,
  pin: `${CHAIN_PREFIX}_PIN`,
  snat: `${CHAIN_PREFIX}_SNAT`,
  forwarded: `${CHAIN_PREFIX}_FWD`,
  local: `${CHAIN_PREFIX}_LOC`,
} as const;

export const CONFIRMED: Match = { match: "confirmed", negate: false };
export const ORIGINAL: Match = { match: "direction", direction: "original" };
export const REPLY: Match = { match: "direction", direction: "reply" };
const UNCONFIRMED: Match = { match: "confirmed", negate: true };
const RETURN: Action = { action: "return" };
export const ACCEPT: Action = { action: "accept" };
export const jump = (chain: string): Action => ({ action: "jump", chain });
export const fwmark = (mark: Fwmark, negate = false): Match => ({ match: "fwmark", mark, negate });
export const connmark = (mark: Fwmark, negate = false): Match => ({ match: "connmark", mark, negate });

/** A mark as it is written. Tests use the field alone. */
export function written({ alsoCleared }: ChainInput, mark: Fwmark): Fwmark {
  return { value: mark.value, mask: (mark.mask | alsoCleared) >>> 0 };
}

/**
 * Once per connection the rules are asked; every later packet goes by what the connection remembers, whatever the number of
 * rules. `recovery` comes before the memory is looked at.
 */
export function preRules(input: ChainInput, recovery: readonly Rule[] = []): Rule[] {
  const { field, uplinks, strict } = input;
  const arrivals = uplinks.flatMap((target): Rule[] => {
    const { name, config, slot } = target;
    if (config.interface === undefined || config.disable) return [];
    const from: Match = { match: "in-interface", name: config.interface, wildcard: false, negate: false };
    const mark = written(input, arrivalMark(field, slot));
    const note = `uplink ${name}`;
    return [
      ...(strict.includes(target) ? [{ matches: [from], action: { action: "set-mark", mark }, note } satisfies Rule] : []),
      // Before KEEP: a related connection (active FTP) inherits its master's mark without the arrival bit.
      ...(config["track-inbound"] === "enable"
        ? [{ matches: [from, ORIGINAL, UNCONFIRMED], action: { action: "set-connmark", mark }, note } satisfies Rule]
        : []),
    ];
  });
  return [...arrivals, ...recovery, { matches: [hasSlot(field)], action: jump(CHAINS.keep) }, ...firstPacket(CHAINS.forwarded)];
}

/** The same for the router's own packets. */
export function outRules({ field }: ChainInput, recovery: readonly Rule[] = []): Rule[] {
  return [
    { matches: [{ match: "out-interface", name: "lo", negate: false }], action: RETURN },
    // Marked by its program (SO_MARK: a prober, a tunnel): it knows what it wants.
    { matches: [fwmark({ value: 0, mask: field.slotMask }, true)], action: ACCEPT },
    ...recovery,
    { matches: [hasSlot(field)], action: jump(CHAINS.keep) },
    ...firstPacket(CHAINS.local),
  ];
}

function hasSlot(field: MarkField): Match {
  return connmark({ value: 0, mask: field.slotMask }, true);
}

function firstPacket(rules: string): Rule[] {
  return [
    { matches: [CONFIRMED], action: RETURN },
    // Traffic to the router itself is never steered, even where `lookup local` sits behind our ip rules (VRF).
    { matches: [{ match: "local-address", side: "destination" }], action: RETURN },
    { matches: [], action: jump(rules) },
  ];
}

/** Tracks what others untrack. A zone of our choosing would take packets out of the zone of their VRF. */
export function trackRules({ vrfInterfaces }: ChainInput, match: "in-interface" | "out-interface"): Rule[] {
  return [
    ...vrfInterfaces.map(
      (name): Rule => ({
        matches: [match === "in-interface" ? { match, name, wildcard: false, negate: false } : { match, name, negate: false }],
        action: { action: "return" },
        note: "member of a VRF",
      }),
    ),
    { matches: [], action: { action: "track" } },
  ];
}

/** What is not restored loses foreign bits in our field before it is accepted, unless they say by which uplink it came. */
export function clearRules(input: ChainInput): Rule[] {
  const { field } = input;
  return [
    {
      matches: [fwmark({ value: 0, mask: field.arrival })],
      action: { action: "set-mark", mark: written(input, { value: 0, mask: field.mask }) },
    },
    { matches: [], action: ACCEPT },
  ];
}

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
    { matches: [], action: ACCEPT, note },
  ];
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
  ];
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

/** Source NAT of what leaves by an uplink with its slot, or by a table of the operator's. */
export function natRules(input: ChainInput): Rule[] {
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

/** The member of a group translates as its uplink does. */
function uplinkNat({ field, family, uplinks, groups, localSlots }: ChainInput): Rule[] {
  const ways = [
    ...uplinks.map(({ name, slot, config }) => ({ slot, config, note: `uplink ${name}` })),
    ...groups.flatMap(({ members }) => members.map(({ slot, uplink, owner }) => ({ slot, config: uplink, note: owner }))),
  ];
  return ways.flatMap(({ slot, config, note }): Rule[] => {
    if (config.interface === undefined || config.disable) return [];
    const leaving: Match[] = [{ match: "out-interface", name: config.interface, negate: false }, connmark(slotMark(field, slot))];
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
