import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { Action, Match } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";
import type { Fwmark } from "../net/fwmark.ts";
import type { RuleChains } from "./compile-rules.ts";
import type { GroupTarget } from "./group-targets.ts";
import type { MarkField } from "./mark-field.ts";
import type { UplinkTarget } from "./targets.ts";

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
  /** Chains of iptables' raw in which packets are kept in connection tracking; none where nothing untracks, in nftables neither. */
  readonly trackIn: readonly string[];
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
export const FIRST_PACKET: readonly Match[] = [ORIGINAL, UNCONFIRMED];
export const RETURN: Action = { action: "return" };
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

export const NO_CONNMARK: Match = connmark({ value: 0, mask: 0xffffffff });

/** A mark of any kind. */
export const SOME_CONNMARK: Match = connmark({ value: 0, mask: 0xffffffff }, true);

/** The connection was given a slot, or is pinned to main. */
export function hasSlot(field: MarkField): Match {
  return connmark({ value: 0, mask: field.slotMask }, true);
}

/** In the order of their numbers, so that no text depends on the order in which they were given; "pinned to main" is the last. */
export function allSlots({ field, slots }: ChainInput): Slots {
  const given = [...slots].sort((a, b) => a.slot - b.slot);
  return [...given, { slot: field.pinnedToMain, owner: "pinned to main" }];
}
