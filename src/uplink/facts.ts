import type { Family } from "../net/address.ts";
import type { Forced, Liveness } from "./liveness.ts";
import type { MarkUse } from "./mark-use.ts";

/** An address of a network interface, as `ip -j addr` reports it. `peer` is set on point-to-point links. */
export interface LinkAddress {
  readonly family: Family;
  readonly address: string;
  readonly length: number;
  readonly peer?: string;
  readonly scope: "global" | "link" | "host" | "site";
  /** IPv6 only: deprecated, tentative (duplicate detection under way) or temporary (RFC 8981) addresses are poor sources. */
  readonly flags: readonly ("deprecated" | "tentative" | "temporary")[];
}

/** A network interface. `up` is the administrative state (IFF_UP), `carrier` the state of the wire (IFF_LOWER_UP). */
export interface Link {
  readonly name: string;
  readonly index: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly pointToPoint: boolean;
  readonly loopback: boolean;
  /** Name of the VRF the interface is a member of. */
  readonly vrf?: string;
  readonly addresses: readonly LinkAddress[];
}

/** Where a gateway was learnt, in the order of trust (ADR 0003). */
export type GatewaySource = "config" | "dhcp-hook" | "ppp-hook" | "lease-file" | "router-cli" | "kernel";

/**
 * What one source says about the gateways of one interface in one family. `gateways` is empty when the source knows that
 * there is none (an expired lease); a source that knows nothing makes no report.
 */
export interface GatewayReport {
  readonly interface: string;
  readonly family: Family;
  readonly gateways: readonly string[];
  /** The router's own address that came with the lease: a lease for an address the interface no longer has is stale. */
  readonly address?: string;
  readonly source: GatewaySource;
  /** Seconds since the epoch when the source said it, and when it stops being true. */
  readonly at?: number;
  readonly expires?: number;
}

/** Something that could not be found out; shown to the operator as a warning, never fatal by itself. */
export interface FactsProblem {
  readonly source: GatewaySource | "conntrack" | "ipset" | "sysctl";
  readonly interface?: string;
  readonly message: string;
}

/** `slot` (1-126) of each owner. Owners: `uplink dsl`, `group web`, `member web dsl`, `table 50`. `retired`: freed slots, with their last owner. */
export interface SlotAssignment {
  readonly slots: ReadonlyMap<string, number>;
  readonly retired: ReadonlyMap<number, string>;
  /** The mark field the slots were given in. */
  readonly mask?: number;
  /** Owner of each table that an uplink has. */
  readonly tables?: ReadonlyMap<number, string>;
}

/**
 * Somebody in the prerouting hook whom a jump of iptables cannot be sure to stay in front of: he puts himself first again at
 * every start, or is called at the same priority.
 */
export interface Rival {
  readonly kind: "wan-load-balancing" | "policy-route" | "marks" | "notrack";
  /** In words: `WAN load balancing is configured`, `nft table inet fw marks packets`. */
  readonly seen: string;
}

/** What nft(8) and the kernel can do here. `labels`: connections can have labels. Asked only where nftables may be taken. */
export type NftFacts = { readonly works: true; readonly labels: boolean } | { readonly works: false; readonly why: string };

/** What iptables can do here. */
export interface IptablesFacts {
  /** Connections can be labelled (`-m connlabel`). Asked only where iptables is taken. */
  readonly labels: boolean;
  /** Chains our jumps have to go into and that it cannot read, `nat POSTROUTING`, since somebody put rules of nft's own there. */
  readonly closed: readonly string[];
}

/** An ip rule of somebody else's that takes every packet, or every one without a mark of his. */
export interface CatchAll {
  readonly family: Family;
  readonly preference: number;
}

/** Everything only the running router knows. Plain data, gathered by host/, so that the rest is a function of values. */
export interface Facts {
  /** Seconds since the epoch at which the facts were gathered. */
  readonly now: number;
  /** IPv6 is absent on a kernel booted without it: then nothing of ours is made for it. */
  readonly families: readonly Family[];
  readonly links: readonly Link[];
  readonly gateways: readonly GatewayReport[];
  readonly slots: SlotAssignment;
  /** Routing table names that iproute2 knows from files other than ours. */
  readonly tableNames: ReadonlyMap<string, number>;
  /** net.ipv4.conf.<name>.rp_filter as found before this product changed it; key `all` included. */
  readonly rpFilter: ReadonlyMap<string, number>;
  /** Chains of iptables' raw in which packets have to be kept in connection tracking; none where no rule there takes them out of it. */
  readonly trackIn: Readonly<Record<Family, readonly string[]>>;
  readonly nft: NftFacts;
  readonly iptables: IptablesFacts;
  readonly catchAlls: readonly CatchAll[];
  readonly rivals: readonly Rival[];
  /** What others have of marks, preferences and tables. */
  readonly markUses: readonly MarkUse[];
  /** ipset(8) is installed: rules that differ only in address or port may share a set. */
  readonly ipset: boolean;
  /** Names of all sets of ipset(8) there are. */
  readonly setNames: readonly string[];
  readonly liveness: Liveness;
  readonly forced: Forced;
  readonly problems: readonly FactsProblem[];
}
