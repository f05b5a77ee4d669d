import type { Family } from "../net/address.ts";
import type { GatewaySource } from "../uplink/facts.ts";

/**
 * What `show` knows, as plain JSON: the text forms are made from this and from nothing else. `version` goes up when a field
 * changes its meaning or goes away; new fields may appear at any time. A view of one part (`show uplink`) leaves the other
 * parts out. docs/show.md describes it, test/unit/show holds it to a schema.
 */
export interface Shown {
  readonly version: 1;
  readonly state: "active" | "disabled" | "not-configured";
  /** Where the picture is from: the kernel as it is now, or the last reconcile (for operators who may not read the kernel). */
  readonly source: { readonly from: "kernel" } | { readonly from: "saved-state"; readonly at: number; readonly reason: string };
  /** Steps of `plan`; absent when only the saved state could be read. In sync means 0. */
  readonly stepsToDo?: number;
  readonly backend: ShownBackend;
  readonly description?: string;
  readonly uplinks?: readonly ShownUplink[];
  readonly groups?: readonly ShownGroup[];
  readonly rules?: readonly ShownRule[];
  readonly tables?: readonly ShownTable[];
  readonly marks?: ShownMarks;
  /** Absent when the configuration does not need it. */
  readonly monitor?: ShownMonitor;
  /** One sentence each, beginning with the config path. */
  readonly warnings: readonly string[];
}

/** `policy-route monitor`, and what the configuration needs it for: `probes of uplink dsl`. */
export interface ShownMonitor {
  readonly running: boolean;
  readonly neededFor: readonly string[];
}

export interface ShownBackend {
  readonly name: "iptables" | "nftables";
  /** Why it is that one, in words; absent when nothing is steered. */
  readonly reason?: string;
  /** Which iptables is behind the command; absent when it cannot be told, and for nftables. */
  readonly frontEnd?: "nft" | "legacy";
}

/** Where packets that carry a target's mark go at this moment. */
export type Way =
  | { readonly to: "uplink"; readonly uplink: string }
  /** Spread over the members of a group. */
  | { readonly to: "uplinks"; readonly uplinks: readonly string[] }
  | { readonly to: "table"; readonly table: string }
  | { readonly to: "main" | "prohibit" | "unreachable" | "blackhole" | "drop" }
  /** The kernel does not hold what the rule asks for: see `plan`. */
  | { readonly to: "not-applied" };

export type IfDown = "main" | "prohibit" | "unreachable" | "blackhole";

export interface ShownUplink {
  readonly name: string;
  readonly description?: string;
  readonly interface?: string;
  /** `up`: the interface is, and there is a route in at least one family. */
  readonly state: "up" | "down" | "disabled";
  readonly link: "up" | "no-carrier" | "admin-down" | "missing" | "unknown";
  /** Why it is not up, in words. */
  readonly why?: string;
  /** `address/length`, link-local ones left out. */
  readonly addresses: readonly string[];
  readonly ipv4: ShownRoute;
  readonly ipv6: ShownRoute;
  /** Absent while the uplink has no slot: it is disabled and no rule names it. */
  readonly table?: { readonly id: number; readonly name: string };
  readonly mark?: ShownMark;
  readonly ifDown: IfDown;
  readonly onlink: boolean;
  readonly sourceRule: boolean;
  /** `disable`, `masquerade` or an address. */
  readonly sourceNat: string;
  readonly trackInbound: boolean;
  /** Numbers of the enabled rules that send packets here; those that name a group are shown with the group. */
  readonly rules: readonly string[];
  /** Its probes; absent when none are configured. */
  readonly health?: ShownHealth;
  /** Groups it is a member of. */
  readonly groups: readonly string[];
  /** What the operator said with `force`. */
  readonly forced?: "up" | "down";
  /** Seconds since the epoch when the state began; absent when no reconcile has seen it yet. */
  readonly since?: number;
  /** Tracked connections that carry the uplink's mark, its part in groups included; only where they were counted. */
  readonly connections?: number;
  /** Bytes of the whole interface since it is there; only where they were read. */
  readonly traffic?: { readonly received: number; readonly sent: number };
}

/** What the monitor's probes say of an uplink. */
export interface ShownHealth {
  /** `unknown` counts as up: there is no verdict yet, or no monitor. */
  readonly verdict: "up" | "down" | "unknown";
  /** Seconds since the epoch when the verdict was reached. */
  readonly since?: number;
  readonly why?: string;
  /** While down: seconds since the epoch before which it does not come back. */
  readonly heldUntil?: number;
  /** Targets that have to answer for the uplink to be up. */
  readonly minimumTargets: number;
  readonly targets: readonly ShownTarget[];
}

export interface ShownTarget {
  readonly target: string;
  /** `ping`, `arp`, `tcp 443`, `script /config/scripts/x`. */
  readonly probe: string;
  readonly state: "ok" | "failed" | "unknown";
  /** Seconds since the epoch when the state began. */
  readonly since?: number;
  /** What came of the last probe whose outcome was another than before: `12.3 ms`, `timeout`. */
  readonly last?: { readonly outcome: "answered" | "failed" | "unable"; readonly words: string };
}

export interface ShownGroup {
  readonly name: string;
  readonly description?: string;
  /** `up`: at least one member is. */
  readonly state: "up" | "down" | "disabled";
  readonly mode: "failover" | "balance";
  /** Where new connections go. */
  readonly now: { readonly ipv4?: Way; readonly ipv6?: Way };
  /** In the order in which they are used. */
  readonly members: readonly ShownMember[];
  readonly failback: "immediate" | "new-connections" | "manual";
  /** Seconds. */
  readonly failbackDelay: number;
  readonly ifDown: IfDown;
  /** Absent while the group has no slot: it is disabled and no rule names it. */
  readonly table?: { readonly id: number; readonly name: string };
  readonly mark?: ShownMark;
  readonly rules: readonly string[];
}

export interface ShownMember {
  readonly uplink: string;
  readonly priority: number;
  readonly weight: number;
  /** `held`: up, and has no traffic back yet. */
  readonly state: "up" | "held" | "down" | "disabled";
  /** Why it is not up, in words. */
  readonly why?: string;
  /** Seconds since the epoch; absent when only `force policy-route group NAME failback` lets it go. */
  readonly heldUntil?: number;
  /** Of the connections that left by it. */
  readonly table?: { readonly id: number; readonly name: string };
  readonly slot?: number;
}

/** The default route of an uplink in one family. */
export interface ShownRoute {
  readonly kind: "gateway" | "device" | "none";
  readonly gateway?: string;
  /** All gateways the source named; the first is used. */
  readonly gateways: readonly string[];
  readonly learntFrom?: GatewaySource;
  /** `src` of the route. */
  readonly source?: string;
  readonly why?: string;
  readonly now: Way;
}

/** Hexadecimal text, eight digits. */
export interface ShownMark {
  readonly slot: number;
  readonly value: string;
  readonly mask: string;
}

export interface ShownRule {
  readonly number: string;
  readonly description?: string;
  readonly disabled: boolean;
  readonly traffic: string;
  /** The conditions in words; empty when the rule matches everything. */
  readonly matches: readonly string[];
  readonly action: "set" | "exempt" | "drop" | "prohibit";
  /** `uplink dsl`, `table 50`, `exempt`, `drop`, `prohibit`. */
  readonly target: string;
  readonly ifDown?: IfDown;
  readonly log: boolean;
  /** Per family; a family is absent when the rule can match nothing there. */
  readonly now: { readonly ipv4?: Way; readonly ipv6?: Way };
  /** First packets that matched. Absent when they cannot be told apart from other rules' (then see `countedWith`). */
  readonly newConnections?: number;
  /** Lines that the rule shares with others, since all of them became one set. */
  readonly countedWith?: readonly { readonly rules: string; readonly newConnections: number }[];
  /** The chain lines it became; absent when only the saved state could be read. */
  readonly lines?: readonly ShownLine[];
}

export interface ShownLine {
  readonly family: Family;
  readonly table: string;
  /** In the form of iptables-save; in nftables the chain and the rule in nft's words. */
  readonly text: string;
  /** `missing`: the kernel does not hold it. */
  readonly status: "ok" | "missing";
  readonly packets?: number;
}

export interface ShownTable {
  readonly id: number;
  readonly name: string;
  /** `uplink dsl`, `prohibit`. */
  readonly owner: string;
  /** Absent when only the saved state could be read. */
  readonly routes?: readonly ShownTableRoute[];
}

export interface ShownTableRoute {
  readonly family: Family;
  /** In the words of `ip route`, without table and protocol. */
  readonly text: string;
  /** `missing`: should be there and is not. `unexpected`: of ours, and should not be there. `foreign`: somebody else's. */
  readonly status: "ok" | "missing" | "unexpected" | "foreign";
}

/** Who uses which bits of packet and connection marks. Hexadecimal text, eight digits. */
export interface ShownMarks {
  readonly mask: string;
  /** The bit of a connection that came in by its slot's uplink. */
  readonly arrival: string;
  readonly slots: readonly ShownSlot[];
  /** The highest slot an owner can have. */
  readonly lastSlot: number;
  readonly pinnedToMain: { readonly slot: number; readonly value: string };
  /** Of our ip rules. */
  readonly preferences: { readonly first: number; readonly last: number };
  readonly others: readonly ShownMarkUse[];
  readonly collisions: readonly ShownCollision[];
}

export interface ShownSlot {
  readonly slot: number;
  readonly value: string;
  /** `uplink dsl`, `table 50`, `prohibit`. */
  readonly owner: string;
  /** `510sg (20)`, or as a rule names it. */
  readonly table?: string;
}

/** Something of somebody else who uses marks, ip rule preferences or routing tables. */
export interface ShownMarkUse {
  /** Absent when it is nobody known. */
  readonly user?: string;
  readonly in: "configuration" | "kernel";
  readonly seen: string;
  readonly preference?: number;
  readonly table?: number;
  /** `0x00080000/0x00ff0000`, or `copied/0x00ff0000` for bits that come from another mark. */
  readonly mark?: string;
}

/** `refused`: a commit would be; `warning`: packets are affected; `note`: none is. */
export interface ShownCollision {
  readonly severity: "refused" | "warning" | "note";
  readonly message: string;
}
