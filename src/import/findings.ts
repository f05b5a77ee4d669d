import type { Family } from "../net/address.ts";
import type { Condition } from "./condition.ts";
import type { MarkChange, MarkTest } from "./mark-change.ts";

/** Where something was read: the text's number among those given, and a line of it; a path of a router's configuration has no line. */
export interface Place {
  readonly source: number;
  readonly line: number;
  readonly text: string;
  /** Tells the commands that a loop makes of one line apart. */
  readonly turn?: number;
}

/** `taken`: what was assumed in taking a line; `left`: why a line was not taken, or only in part. */
export interface Remark {
  readonly at: Place;
  readonly kind: "taken" | "left";
  readonly why: string;
}

/** A rule of a mangle chain, or one of a router's policy route. */
export interface ChainRule {
  readonly at: Place;
  readonly condition: Condition;
  /** Marks it looks at. */
  readonly tests: readonly MarkTest[];
  readonly does: ChainAction;
  readonly description?: string;
}

export type ChainAction =
  | { readonly kind: "change"; readonly change: MarkChange }
  /** ACCEPT: no later rule is asked. */
  | { readonly kind: "stop" }
  | { readonly kind: "return" }
  | { readonly kind: "drop" }
  /** `comesBack`: to the rule after it (`-j`), else to where its own chain was called from (`-g`). */
  | { readonly kind: "jump"; readonly chain: string; readonly comesBack: boolean };

export interface NextHop {
  readonly gateway?: string;
  readonly device?: string;
  readonly weight?: number;
}

/**
 * What a chain makes of the first packet of a connection: the first decision of a list whose condition holds.
 */
export interface Decision {
  readonly at: Place;
  readonly condition: Condition;
  /** Packet mark and connection mark that it leaves with; both 0 where nothing marked it. */
  readonly mark: number;
  readonly connection: number;
  readonly drops: boolean;
  /** The table, where no mark stands between: a router's `set table`. */
  readonly table?: string;
  readonly log?: boolean;
  readonly description?: string;
}

/** A route of a table: name or number as it was written. */
export interface FoundRoute {
  readonly at: Place;
  readonly family: Family;
  readonly table: string;
  readonly type: "unicast" | "throw" | "prohibit" | "unreachable" | "blackhole";
  readonly prefix: string;
  readonly hops: readonly NextHop[];
  readonly source?: string;
  readonly metric: number;
  readonly onlink: boolean;
  /** Its gateway should be there and is not. */
  readonly incomplete: boolean;
}

/** A line of `ip rule`. */
export interface FoundRule {
  readonly at: Place;
  readonly family: Family;
  readonly preference?: number;
  readonly condition: Condition;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly does: { readonly table: string } | { readonly refuse: "prohibit" | "unreachable" | "blackhole" };
}

export interface FoundSysctl {
  readonly at: Place;
  readonly device: string;
  readonly name: string;
  readonly value: string;
}

/** Source NAT of all that leaves by a device; `to` absent: masquerade. */
export interface FoundNat {
  readonly at: Place;
  readonly device: string;
  readonly to?: string;
}

/** An interface with its addresses, by which the device of a gateway is found where a text does not say it. */
export interface KnownLink {
  readonly name: string;
  readonly addresses: readonly { readonly address: string; readonly length: number }[];
}

/** Everything that was understood, before it is known what it means together. */
export interface Findings {
  readonly tableNames: Map<string, number>;
  readonly routes: FoundRoute[];
  readonly rules: FoundRule[];
  /** Chains of the table mangle, by family and name, in their order. */
  readonly chains: Map<string, ChainRule[]>;
  /** Rules of a router's policy route, which come before chains of scripts; of each family. */
  readonly policies: { readonly ipv4: Decision[]; readonly ipv6: Decision[] };
  /** Chains (as in `chains`) that give later packets of a connection its mark back. */
  readonly restores: Set<string>;
  /** Interfaces that a router's configuration gives addresses. */
  readonly links: KnownLink[];
  readonly sysctls: FoundSysctl[];
  readonly nats: FoundNat[];
  /** Marks that somebody logs. */
  readonly logged: { readonly at: Place; readonly value: number; readonly mask: number }[];
  readonly remarks: Remark[];
}

export function noFindings(): Findings {
  return {
    tableNames: new Map(),
    routes: [],
    rules: [],
    chains: new Map(),
    policies: { ipv4: [], ipv6: [] },
    restores: new Set(),
    links: [],
    sysctls: [],
    nats: [],
    logged: [],
    remarks: [],
  };
}

export function chainKey(family: Family, chain: string): string {
  return `${family} ${chain}`;
}

export function leave(findings: Findings, at: Place, why: string): void {
  findings.remarks.push({ at, kind: "left", why });
}

export function assume(findings: Findings, at: Place, why: string): void {
  findings.remarks.push({ at, kind: "taken", why });
}
