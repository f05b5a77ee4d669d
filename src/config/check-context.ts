import type { Family } from "../net/address.ts";
import type { ConfiguredInterface } from "./configured-interfaces.ts";

/** A network interface of the running kernel, as far as the checks care. uplink/facts.ts has more of it. */
export interface KernelLink {
  readonly name: string;
  readonly pointToPoint: boolean;
  readonly addresses: readonly { readonly address: string; readonly length: number; readonly peer?: string }[];
}

/** The kinds of group a router's firewall has. */
export type FirewallGroupKind = "address-group" | "network-group" | "ipv6-address-group" | "ipv6-network-group" | "port-group";

/** A set of ipset(8), as `ipset list -t` describes it. */
export interface FoundSet {
  /** `hash:ip`. */
  readonly type: string;
  readonly family: Family;
}

/** Whether there is somebody of that name. */
export interface Known {
  has(name: string): boolean;
}

/** What the checks need to know beside the configuration itself. What is absent is not checked. */
export interface CheckContext {
  /** The proposed configuration's interfaces; absent where no router configuration is at hand, then `links` is asked. */
  readonly configured?: readonly ConfiguredInterface[];
  readonly links: readonly KernelLink[];
  /** Routing tables that have a name already, ours left out (iproute2's rt_tables). */
  readonly tableNames?: ReadonlyMap<string, number>;
  /** Interfaces that a DHCP lease is known for. */
  readonly leases?: ReadonlySet<string>;
  /** net.ipv4.conf.all.rp_filter. */
  readonly allRpFilter?: number;
  readonly users?: Known;
  readonly userGroups?: Known;
  readonly firewallGroups?: ReadonlyMap<FirewallGroupKind, Known>;
  /** Sets of ipset(8) that rules name, as far as they exist. */
  readonly sets?: ReadonlyMap<string, FoundSet>;
  /** Files that `hook` and probes name and that are no executable files. */
  readonly notExecutable?: ReadonlySet<string>;
  /** Programs that probes need and that are not there: in words, `arping is not installed (package iputils-arping)`. */
  readonly missingPrograms?: ReadonlyMap<string, string>;
}
