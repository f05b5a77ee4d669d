import type { Family } from "../net/address.ts";
import type { Fwmark } from "../net/fwmark.ts";

export type Side = "source" | "destination";

/** First and last port, both included, 0-65535. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** States of connection tracking (ctinfo) that the first packet of a connection can have. `invalid`: it belongs to none. */
export type ConnectionState = "new" | "established" | "related" | "invalid" | "untracked";

/** One condition of a rule. All conditions of a rule have to hold. A backend renders it exactly or not at all. */
export type Match =
  | { readonly match: "in-interface"; readonly name: string; readonly wildcard: boolean; readonly negate: boolean }
  | { readonly match: "out-interface"; readonly name: string; readonly negate: boolean }
  /** Number of the protocol (RFC 5237, IANA). */
  | { readonly match: "protocol"; readonly protocol: number; readonly negate: boolean }
  | { readonly match: "prefix"; readonly side: Side; readonly prefix: string; readonly negate: boolean }
  | { readonly match: "range"; readonly side: Side; readonly first: string; readonly last: string; readonly negate: boolean }
  /** At most 15 ports, a range counts two (xt_multiport). */
  | { readonly match: "ports"; readonly side: Side; readonly ranges: readonly PortRange[]; readonly negate: boolean }
  /** `dimensions`: which part of the packet each dimension of the set is compared with. */
  | { readonly match: "set"; readonly name: string; readonly dimensions: readonly Side[]; readonly negate: boolean }
  /** Source address of the ethernet frame. What came over another kind of link has none: not met then, negated or not. */
  | { readonly match: "mac"; readonly address: string; readonly negate: boolean }
  /** Ids (first and last included) of the program whose socket sends the packet. What the kernel sends by itself has none. */
  | { readonly match: "owner"; readonly who: "user" | "group"; readonly first: number; readonly last: number }
  | { readonly match: "state"; readonly states: readonly ConnectionState[] }
  /** 0-63. */
  | { readonly match: "dscp"; readonly value: number; readonly negate: boolean }
  /** The whole byte, 0-255; in IPv6 it is called traffic class. */
  | { readonly match: "tos"; readonly value: number }
  /** A type of message of the version; that it is this protocol at all is a condition of its own. */
  | { readonly match: "icmp"; readonly version: 4 | 6; readonly type: number; readonly code?: number }
  /** Names as iptables has them; at least one. The other flags may be set or not. The protocol is a condition of its own. */
  | { readonly match: "tcp-flags"; readonly set: readonly string[]; readonly unset: readonly string[] }
  /** Bytes from the IP header on, first and last included, 0-65535. */
  | { readonly match: "length"; readonly first: number; readonly last: number }
  /** UTC. What is absent does not matter; everything else has to hold (config/rule-time.ts). nftables cannot ask for days. */
  | {
      readonly match: "time";
      readonly from?: number;
      readonly until?: number;
      readonly hours?: { readonly first: number; readonly last: number };
      readonly weekdays?: readonly number[];
      readonly monthdays?: readonly number[];
    }
  /**
   * A token bucket: `count` in each unit, at most `burst` at once. It is asked in one rule only; `name` keeps it in iptables when somebody
   * replaces the table.
   */
  | {
      readonly match: "limit";
      readonly name: string;
      readonly count: number;
      readonly unit: "second" | "minute" | "hour" | "day";
      readonly burst: number;
      /** Seconds until an empty bucket is full. */
      readonly full: number;
    }
  | { readonly match: "fwmark"; readonly mark: Fwmark; readonly negate: boolean }
  | { readonly match: "connmark"; readonly mark: Fwmark; readonly negate: boolean }
  | { readonly match: "direction"; readonly direction: "original" | "reply" }
  /** The connection's first packet has passed (IPS_CONFIRMED). */
  | { readonly match: "confirmed"; readonly negate: boolean }
  | { readonly match: "local-address"; readonly side: Side }
  /** `in`: it came through IPsec, or not. `out`: IPsec will transform it on its way out, or not. */
  | { readonly match: "ipsec"; readonly way: "in" | "out"; readonly negate: boolean }
  /** True of `part` packets out of `of`, by chance; each time it is asked anew. */
  | { readonly match: "chance"; readonly part: number; readonly of: number }
  /** A bit of the connection's label, 0-127. */
  | { readonly match: "label"; readonly label: number };

export type Action =
  | { readonly action: "accept" | "return" | "drop" | "masquerade" | "track" }
  | { readonly action: "jump" | "goto"; readonly chain: string }
  | { readonly action: "set-mark" | "set-connmark"; readonly mark: Fwmark }
  /** Copies the masked connection mark into the packet mark; clears the other bits of `to` in the packet mark. */
  | { readonly action: "restore-mark"; readonly from: number; readonly to: number }
  | { readonly action: "snat"; readonly address: string }
  /** `prefix`: at most 29 characters (xt_LOG). */
  | { readonly action: "log"; readonly prefix: string }
  /** Sets a bit of the connection's label, 0-127. Only a connection that was made when somebody used labels has room for one. */
  | { readonly action: "set-label"; readonly label: number }
  /** Goes to the chain that belongs to the masked connection mark; on to the next rule when none does. nftables only. */
  | { readonly action: "goto-by-connmark"; readonly mask: number; readonly chains: ReadonlyMap<number, string> };

/** A rule of no backend in particular. `note` tells the operator what it stands for: `rule 10`, `uplink dsl`. */
export interface Rule {
  readonly matches: readonly Match[];
  readonly action: Action;
  readonly note?: string;
}

/** The iptables tables we use. */
export type TableName = "raw" | "mangle" | "nat";

export interface Chain {
  readonly family: Family;
  readonly table: TableName;
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** A jump from somebody else's chain into one of ours, kept the first rule there. */
export interface Hook {
  readonly family: Family;
  readonly table: TableName;
  readonly chain: string;
  readonly target: string;
}

/** Where the kernel calls a base chain of nftables. Lower priorities come first. */
export interface BaseHook {
  readonly type: "filter" | "route" | "nat";
  readonly hook: "prerouting" | "input" | "output" | "postrouting";
  readonly priority: number;
}

/** A chain of our nft table. */
export interface NftChain {
  readonly name: string;
  readonly base?: BaseHook;
  readonly rules: readonly Rule[];
}
