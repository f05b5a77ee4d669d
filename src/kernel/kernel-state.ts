import type { Family } from "../net/address.ts";
import type { Fwmark } from "../net/fwmark.ts";
import type { Chain, Hook, NftChain } from "./rule.ts";

/** An ip rule of ours (protocol 157 goes without saying). */
export interface IpRule {
  readonly family: Family;
  readonly preference: number;
  readonly from?: string;
  readonly iif?: string;
  /** Only packets of sockets that are bound to this interface match. */
  readonly oif?: string;
  /** Users (first and last included) whose programs the packet is of. */
  readonly uidrange?: { readonly first: number; readonly last: number };
  readonly fwmark?: Fwmark;
  readonly action: { readonly lookup: number } | { readonly goto: number } | "nop";
}

export type RouteType = "unicast" | "throw" | "prohibit" | "unreachable" | "blackhole";

/**
 * A route in one of our tables (protocol 157 goes without saying). `prefix` is canonical, or `default`. `metric` is the
 * kernel's: 0 when not given in IPv4, 1024 in IPv6.
 */
export interface Route {
  readonly family: Family;
  readonly table: number;
  readonly type: RouteType;
  readonly prefix: string;
  readonly metric: number;
  readonly gateway?: string;
  readonly device?: string;
  readonly source?: string;
  readonly onlink?: boolean;
}

/** An ipset. Its name holds a hash of its content, so that a changed set is another set and the switch to it is atomic. */
export interface IpSet {
  readonly name: string;
  readonly family: Family;
  readonly type: "hash:net" | "hash:net,port" | "bitmap:port";
  /** In the text `ipset save` prints, sorted. */
  readonly members: readonly string[];
}

/** Our nft table of one family, with the sets its rules ask. */
export interface NftTable {
  readonly family: Family;
  readonly chains: readonly NftChain[];
  readonly sets: readonly IpSet[];
}

/** What `ip route get ... mark` has to answer for a slot once the state is live: the witness beside the diff. */
export interface Expectation {
  readonly family: Family;
  /** `uplink dsl`, for the message. */
  readonly owner: string;
  readonly fwmark: Fwmark;
  /** An address that no throw route of the table covers. */
  readonly destination: string;
  /** The table that answers (by that device, where there is more than one), a refusal by the kill switch, or any table that is not the slot's own. */
  readonly answer:
    | { readonly table: number; readonly device?: string }
    | { readonly refused: "prohibit" | "unreachable" | "blackhole" }
    | { readonly notTable: number };
}

/** What has the same form wanted, rendered and read back. */
export interface PlainObjects {
  readonly ipRules: readonly IpRule[];
  readonly routes: readonly Route[];
  /** ipsets; those of the nft table are in it. */
  readonly sets: readonly IpSet[];
  /** Path below /proc/sys -> value. */
  readonly sysctls: ReadonlyMap<string, string>;
  /** Path -> text of the files that iproute2 reads our names from. */
  readonly files: ReadonlyMap<string, string>;
}

/** Everything this product wants in the kernel, whatever is there now. Computed from config and facts alone. */
export interface KernelState extends PlainObjects {
  /** Of iptables. */
  readonly chains: readonly Chain[];
  readonly hooks: readonly Hook[];
  /** Of nftables. Only one backend has anything. */
  readonly nft: readonly NftTable[];
  readonly expectations: readonly Expectation[];
  /** Marks that change hands: connections that still carry them remember an owner that has them no more. */
  readonly staleMarks: readonly Fwmark[];
  /** What those files say until these connections are forgotten. */
  readonly interimFiles: ReadonlyMap<string, string>;
}

export const NO_PLAIN_OBJECTS: PlainObjects = {
  ipRules: [],
  routes: [],
  sets: [],
  sysctls: new Map(),
  files: new Map(),
};

export const EMPTY_STATE: KernelState = {
  ...NO_PLAIN_OBJECTS,
  chains: [],
  hooks: [],
  nft: [],
  expectations: [],
  staleMarks: [],
  interimFiles: new Map(),
};
