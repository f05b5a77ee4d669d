import type { Family } from "./address.ts";
import type { Fwmark } from "./fwmark.ts";

/** What somebody else's rule does to marks, as far as the rule itself says. */
export interface MarkWrite {
  readonly of: "packet" | "connection";
  /** The bits it changes. */
  readonly mask: number;
  /** What it writes there; absent when that is copied from another mark or computed. */
  readonly value?: number;
  /** It sees only packets with this mark. */
  readonly only?: Fwmark;
}

/** A rule that writes marks, and where it is. */
export interface ForeignWrite {
  readonly write: MarkWrite;
  /** `mangle ts-forward`, or `ip vyos_mangle` for a table of nft. */
  readonly place: string;
  /** Built-in chains whose packets come to it (nft: hooks, in capital letters). Empty: nothing leads there. */
  readonly hooks: readonly string[];
}

/** An ip rule of somebody else. */
export interface ForeignRule {
  readonly family: Family;
  readonly preference: number;
  readonly fwmark?: Fwmark;
  /** Matches what has another mark. */
  readonly negated: boolean;
  readonly table?: number;
  /** Leads into the table of the packet's VRF. */
  readonly l3mdev: boolean;
  /** In the words of `ip rule`, the preference in front. */
  readonly text: string;
}
