import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { Action, Match, Rule } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";
import type { Fwmark } from "../net/fwmark.ts";
import type { Facts } from "../uplink/facts.ts";
import type { RuleChains } from "./compile-rules.ts";
import { balancedMembers, type GroupTarget, liveMembers, type MemberTarget } from "./group-targets.ts";
import { arrivalMark, type MarkField, slotMark, slotOnly } from "./mark-field.ts";
import { targetChain, type UplinkTarget } from "./targets.ts";

/** What the chains of one family are made from. */
export interface ChainInput {
  readonly family: Family;
  readonly field: MarkField;
  readonly uplinks: readonly UplinkTarget[];
  readonly groups: readonly GroupTarget[];
  /** Uplinks whose interface is under reverse path filtering that what arrives has to be marked for. */
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
  /** The kernel gives connections labels: the slot is kept in one too. */
  readonly labels: boolean;
}

type Slots = ChainInput["slots"];

/** Names of the chains, the same in iptables and in our nft table: nft's reserved words have no capital letters. */
export const CHAINS = {
  pre: `${CHAIN_PREFIX}_PRE`,
  out: `${CHAIN_PREFIX}_OUT`,
  keep: `${CHAIN_PREFIX}_KEEP`,
  recover: `${CHAIN_PREFIX}_RECOVER`,
  pin: `${CHAIN_PREFIX}_PIN`,
  snat: `${CHAIN_PREFIX}_SNAT`,
  forwarded: `${CHAIN_PREFIX}_FWD`,
  local: `${CHAIN_PREFIX}_LOC`,
  inbound: `${CHAIN_PREFIX}_INB`,
  related: `${CHAIN_PREFIX}_REL`,
  relatedOut: `${CHAIN_PREFIX}_RELO`,
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

/** A label says "came in by that uplink" by this bit, and the slot by the bit of its number. */
export const ARRIVAL_LABEL = 0;

const arrivalChain = (slot: number): string => `${CHAIN_PREFIX}_A_${slot}`;

/**
 * Once per connection the rules are asked; every later packet goes by what the connection remembers, whatever the number of
 * rules.
 */
export function preRules(input: ChainInput): Rule[] {
  const { field, strict, inbound } = input;
  const arrivals = waysIn(input);
  const note = ({ name }: UplinkTarget): string => `uplink ${name}`;
  const marked = arrivals.filter(({ target }) => strict.includes(target));
  const tracked = arrivals.filter(({ target }) => tracksInbound(target));
  return [
    ...marked.map(
      ({ target, from }): Rule => ({
        matches: from,
        action: { action: "set-mark", mark: written(input, arrivalMark(field, target.slot)) },
        note: note(target),
      }),
    ),
    // Nobody has given this connection a slot yet: it has its master's (FTP data), and with it where it belongs.
    { matches: [hasSlot(field), ...FIRST_PACKET], action: jump(CHAINS.related) },
    // What a rule decides is not noted besides: labels cannot be taken back.
    ...(inbound.chains.length === 0 ? [] : [{ matches: FIRST_PACKET, action: jump(CHAINS.inbound) }]),
    ...tracked.map(
      ({ target, from }): Rule => ({
        matches: [...from, ...FIRST_PACKET],
        action: arrival(input, target.slot),
        note: note(target),
      }),
    ),
    ...remembered(input),
    ...firstPacket(CHAINS.forwarded),
  ];
}

/**
 * How packets of an enabled uplink are told when they arrive. Those told by their gateway are the exception on their interface:
 * they come last, and overwrite; with labels, which nothing takes back, they come first, and end the matter.
 */
function waysIn({ uplinks, labels }: ChainInput): { readonly target: UplinkTarget; readonly from: readonly Match[] }[] {
  const ways = uplinks.flatMap((target) => {
    const { interface: name, disable, "gateway-mac": address } = target.config;
    if (name === undefined || disable) return [];
    const from: Match[] = [{ match: "in-interface", name, wildcard: false, negate: false }];
    if (address !== undefined) from.push({ match: "mac", address, negate: false });
    return [{ target, from }];
  });
  return ways.sort((a, b) => (labels ? b.from.length - a.from.length : a.from.length - b.from.length));
}

/**
 * The kernel gives a related connection the whole mark of its master, and no label. The slot is right: the data goes the way of
 * the control connection. Whether it comes in or goes out is its own: the data of a passive FTP client comes in as its control
 * connection did, active FTP is the server's call back.
 */
export function relatedRules(input: ChainInput): Rule[] {
  const ways: { from: readonly Match[]; note?: string }[] = [
    ...waysIn(input).map(({ target, from }) => ({ from, note: `uplink ${target.name}` })),
    ...input.outside.map((match) => ({ from: [match] })),
  ];
  const actions: Action[] = [
    setArrival(input, true),
    ...(input.labels ? [{ action: "set-label", label: ARRIVAL_LABEL } satisfies Action] : []),
  ];
  return [
    { matches: [], action: setArrival(input, false) },
    ...ways.flatMap(({ from: matches, ...rest }) => actions.map((action): Rule => ({ matches, action, ...rest }))),
    ...relatedEnd(input),
  ];
}

/** The same for the router's own packets: none of them comes in. */
export function relatedOutRules(input: ChainInput): Rule[] {
  return [{ matches: [], action: setArrival(input, false) }, ...relatedEnd(input)];
}

function setArrival(input: ChainInput, arrived: boolean): Action {
  const { arrival: mask } = input.field;
  return { action: "set-connmark", mark: written(input, { value: arrived ? mask : 0, mask }) };
}

function relatedEnd(input: ChainInput): Rule[] {
  const labelled = input.labels
    ? allSlots(input).map(
        ({ slot, owner: note }): Rule => ({
          matches: [connmark(slotOnly(input.field, slot))],
          action: { action: "set-label", label: slot },
          note,
        }),
      )
    : [];
  return [...labelled, { matches: [], action: jump(CHAINS.keep) }];
}

/** The replies get the slot, and nobody else is asked: the chain a rule of `traffic inbound` jumps to. */
export function answerRules(input: ChainInput, slot: number, note: string): Rule[] {
  return [
    ...arrivalActions(input, slot).map((action): Rule => ({ matches: [], action, note })),
    { matches: [], action: jump(CHAINS.keep), note },
  ];
}

/** With labels there are three things to remember of an arrival: a chain of its own keeps that off the path of later packets. */
function arrival(input: ChainInput, slot: number): Action {
  return input.labels
    ? jump(arrivalChain(slot))
    : { action: "set-connmark", mark: written(input, arrivalMark(input.field, slot)) };
}

/** The chains that note by which uplink a connection came in. None without labels: then a single rule does it. */
export function arrivalChains(input: ChainInput): { name: string; rules: Rule[] }[] {
  if (!input.labels) return [];
  return input.uplinks.filter(tracksInbound).map(({ name, slot }) => ({
    name: arrivalChain(slot),
    rules: answerRules(input, slot, `uplink ${name}`),
  }));
}

function arrivalActions(input: ChainInput, slot: number): Action[] {
  const mark: Action = { action: "set-connmark", mark: written(input, arrivalMark(input.field, slot)) };
  return input.labels ? [mark, { action: "set-label", label: slot }, { action: "set-label", label: ARRIVAL_LABEL }] : [mark];
}

/** A mark of any kind. */
export const SOME_CONNMARK: Match = connmark({ value: 0, mask: 0xffffffff }, true);

/** What a connection has remembered since its first packet. */
function remembered({ field, labels }: ChainInput): Rule[] {
  const keep: Rule = { matches: [hasSlot(field)], action: jump(CHAINS.keep) };
  // Whoever took our mark away left his own: where nobody else marks connections, nothing is ever looked for.
  return labels ? [keep, { matches: [SOME_CONNMARK, CONFIRMED], action: { action: "goto", chain: CHAINS.recover } }] : [keep];
}

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

function tracksInbound({ config }: UplinkTarget): boolean {
  return config.interface !== undefined && !config.disable && config["track-inbound"] === "enable";
}

/** In the order of their numbers, so that no text depends on the order in which they were given; "pinned to main" is the last. */
export function allSlots({ field, slots }: ChainInput): Slots {
  const given = [...slots].sort((a, b) => a.slot - b.slot);
  return [...given, { slot: field.pinnedToMain, owner: "pinned to main" }];
}

/** The same for the router's own packets. */
export function outRules(input: ChainInput): Rule[] {
  const { field } = input;
  return [
    { matches: [{ match: "out-interface", name: "lo", negate: false }], action: RETURN },
    // Marked by its program (SO_MARK: a prober, a tunnel): it knows what it wants.
    { matches: [fwmark({ value: 0, mask: field.slotMask }, true)], action: ACCEPT },
    { matches: [hasSlot(field), ...FIRST_PACKET], action: jump(CHAINS.relatedOut) },
    ...remembered(input),
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
