import type { TcpFlag } from "../config/values/packet.ts";
import type { Family } from "../net/address.ts";

/**
 * The first packet of a connection, as the router sees it before any address translation. What is absent is not known: a rule
 * that asks for it cannot be judged. `"none"`: there is no such thing, which no rule matches, negated neither.
 */
export interface Packet {
  readonly family: Family;
  /** The interface it arrives by; absent when the router itself makes it. */
  readonly inbound?: string;
  /** Canonical. */
  readonly source: string;
  readonly destination: string;
  /** 1-255; of IPv6 the one behind all extension headers. */
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Of ICMP or ICMPv6, whichever the protocol is. */
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** The sender in the network of the inbound interface; lower case. */
  readonly mac?: string | "none";
  /** Ids of who runs the program that sends it. */
  readonly user?: number | "none";
  readonly userGroup?: number | "none";
  /** The whole byte: DSCP and ECN. */
  readonly tos?: number;
  readonly tcpFlags?: readonly TcpFlag[];
  /** Bytes with the IP header, of the whole packet if it comes in fragments. */
  readonly length?: number;
  /** It came through IPsec; of what the router makes: IPsec takes it on its way out. */
  readonly ipsec?: boolean;
  /** When it comes: seconds since the epoch. */
  readonly at?: number;
  /** As connection tracking sees it; `invalid`: it belongs to no connection. */
  readonly state: "new" | "related" | "invalid";
}
