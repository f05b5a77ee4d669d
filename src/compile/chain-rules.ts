import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { Action, Match, Rule } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";
import type { Fwmark } from "../net/fwmark.ts";
import type { Facts } from "../uplink/facts.ts";
import type { RuleChains } from "./compile-rules.ts";
import { arrivalMark, type MarkField, slotMark } from "./mark-field.ts";
import type { UplinkTarget } from "./targets.ts";

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
  readonly inbound: RuleChains;
  /** Slots that rules of `traffic inbound` give to replies. */
  readonly answers: ChainInput["slots"];
  /** Where packets come in from outside too: interfaces that such rules name, VRFs that show what an uplink in them received once more. */
  readonly outside: readonly Extract<Match, { match: "in-interface" }>[];
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
  inbound: `${CHAIN_PREFIX}_INB`,
  related: `${CHAIN_PREFIX}_REL`,
} as const;

export const CONFIRMED: Match = { match: "confirmed", negate: false };
export const ORIGINAL: Match = { match: "direction", direction: "original" };
export const REPLY: Match = { match: "direction", direction: "reply" };
const UNCONFIRMED: Match = { match: "confirmed", negate: true };
const FIRST_PACKET: readonly Match[] = [ORIGINAL, UNCONFIRMED];
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
  const { field, strict, inbound } = input;
  const arrivals = waysIn(input);
  const note = ({ name }: UplinkTarget): string => `uplink ${name}`;
  const mark = ({ slot }: UplinkTarget): Fwmark => written(input, arrivalMark(field, slot));
  const marked = arrivals.filter(({ target }) => strict.includes(target));
  const tracked = arrivals.filter(({ target }) => target.config["track-inbound"] === "enable");
  return [
    ...marked.map(
      ({ target, from }): Rule => ({ matches: from, action: { action: "set-mark", mark: mark(target) }, note: note(target) }),
    ),
    // Nobody has given this connection a slot yet: it has its master's (FTP data), and with it where it belongs.
    { matches: [hasSlot(field), ...FIRST_PACKET], action: jump(CHAINS.related) },
    ...tracked.map(
      ({ target, from }): Rule => ({
        matches: [...from, ...FIRST_PACKET],
        action: { action: "set-connmark", mark: mark(target) },
        note: note(target),
      }),
    ),
    ...(inbound.chains.length === 0 ? [] : [{ matches: FIRST_PACKET, action: jump(CHAINS.inbound) }]),
    ...recovery,
    { matches: [hasSlot(field)], action: jump(CHAINS.keep) },
    ...firstPacket(CHAINS.forwarded),
  ];
}

/** How packets of an enabled uplink are told when they arrive. Those told by their gateway come last: they are the exception on their interface. */
function waysIn({ uplinks }: ChainInput): { readonly target: UplinkTarget; readonly from: readonly Match[] }[] {
  const ways = uplinks.flatMap((target) => {
    const { interface: name, disable, "gateway-mac": address } = target.config;
    if (name === undefined || disable) return [];
    const from: Match[] = [{ match: "in-interface", name, wildcard: false, negate: false }];
    if (address !== undefined) from.push({ match: "mac", address, negate: false });
    return [{ target, from }];
  });
  return ways.sort((a, b) => a.from.length - b.from.length);
}

/**
 * The kernel gives a related connection the whole mark of its master. The slot is right: the data goes the way of the control
 * connection. Whether it comes in or goes out is its own: the data of a passive FTP client comes in as its control connection
 * did, active FTP is the server's call back.
 */
export function relatedRules(input: ChainInput): Rule[] {
  const arrival = (value: number): Action => ({
    action: "set-connmark",
    mark: written(input, { value, mask: input.field.arrival }),
  });
  return [
    { matches: [], action: arrival(0) },
    ...waysIn(input).map(
      ({ target, from }): Rule => ({ matches: from, action: arrival(input.field.arrival), note: `uplink ${target.name}` }),
    ),
    ...input.outside.map((match): Rule => ({ matches: [match], action: arrival(input.field.arrival) })),
    { matches: [], action: jump(CHAINS.keep) },
  ];
}

/** The chain a rule of `traffic inbound` jumps to: the replies get the slot. */
export function answerRules(input: ChainInput, slot: number, note: string): Rule[] {
  return [
    { matches: [], action: { action: "set-connmark", mark: written(input, arrivalMark(input.field, slot)) }, note },
    { matches: [], action: jump(CHAINS.keep), note },
  ];
}

/** The same for the router's own packets. */
export function outRules(input: ChainInput, recovery: readonly Rule[] = []): Rule[] {
  const { field } = input;
  return [
    { matches: [{ match: "out-interface", name: "lo", negate: false }], action: RETURN },
    // Marked by its program (SO_MARK: a prober, a tunnel): it knows what it wants.
    { matches: [fwmark({ value: 0, mask: field.slotMask }, true)], action: ACCEPT },
    ...recovery,
    // Related to a connection that came in (active FTP), and going out itself.
    {
      matches: [connmark({ value: 0, mask: field.arrival }, true), ...FIRST_PACKET],
      action: { action: "set-connmark", mark: written(input, { value: 0, mask: field.arrival }) },
    },
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
  const mark = written(input, slotMark(input.field, slot));
  return [
    { matches: [], action: { action: "set-mark", mark }, note },
    { matches: [], action: { action: "set-connmark", mark }, note },
    { matches: [], action: ACCEPT, note },
  ];
}

/** A connection that leaves by another interface than its uplink's stays where it went, also when the uplink returns. */
export function pinRules(input: ChainInput): Rule[] {
  const { field, uplinks } = input;
  const pinned = written(input, slotMark(field, field.pinnedToMain));
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
