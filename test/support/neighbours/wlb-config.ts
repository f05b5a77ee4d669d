/**
 * The generations of the WAN load balancing daemon: `current` calls iptables-nft and has its source NAT in a native nft chain,
 * `vyatta` (Vyatta 6, VyOS 1.2 and 1.3) calls plain iptables beside raw tables that end in NOTRACK, `nft` (the newest) renders
 * a table of its own with base chains at -150.
 */
export type WlbForm = "current" | "vyatta" | "nft";

export const WLB_FORMS: readonly WlbForm[] = ["current", "vyatta", "nft"];

export interface WlbUplink {
  readonly device: string;
  readonly gateway: string;
  /** The router's address there, used for source NAT. */
  readonly address: string;
}

export interface WlbConfig {
  readonly form: WlbForm;
  /** The LAN's interface: `inbound-interface` of its one rule. */
  readonly inbound: string;
  readonly uplinks: readonly WlbUplink[];
  /** `sticky-connections inbound` */
  readonly sticky: boolean;
  /** `enable-local-traffic` */
  readonly local: boolean;
  /** `per-packet-balancing` */
  readonly perPacket: boolean;
  /** Milliseconds from one round of pings to the next; the real daemon's is 5,000. */
  readonly interval: number;
  /** Milliseconds per uplink between the first commands and the first round; the real daemon's is 1,000. */
  readonly initial: number;
}

/** One command of the daemon. `quiet`: it may fail (deleting what is not there, adding what is); nobody is told. */
export interface WlbCommand {
  readonly argv: readonly string[];
  readonly stdin?: string;
  readonly quiet?: boolean;
  /** After this command something of the daemon stands in front of whatever was in mangle PREROUTING. */
  readonly front?: boolean;
}

/** What the daemon tells whoever started it, one JSON object per line. Times: milliseconds since 1970. */
export type WlbNote =
  /** A command that put something in front, from just before it to just after it. */
  | { readonly kind: "front"; readonly from: number; readonly to: number }
  /** The kernel holds what the health of the uplinks asks for, since `at`. */
  | { readonly kind: "settled"; readonly at: number; readonly up: readonly string[] }
  | { readonly kind: "failed"; readonly at: number; readonly argv: readonly string[]; readonly words: string };

/** Mark and table of the n-th uplink (0 is the first): 201 and up, as mark in all 32 bits. */
export function wlbNumber(index: number): number {
  return 201 + index;
}

export function wlbMark(index: number): string {
  return `0x${wlbNumber(index).toString(16)}`;
}
