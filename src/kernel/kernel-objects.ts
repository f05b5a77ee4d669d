import type { Family } from "../net/address.ts";
import { NO_PLAIN_OBJECTS, type PlainObjects } from "./kernel-state.ts";
import type { TableName } from "./rule.ts";

/** A line of iptables-save (`-A CHAIN ...`) and the hash in its comment: lines are compared by hash and never parsed back. */
export interface RuleLine {
  readonly hash: string;
  readonly text: string;
}

export interface ChainLines {
  readonly family: Family;
  readonly table: TableName;
  readonly name: string;
  readonly lines: readonly RuleLine[];
}

/** A chain of our nft table. The text of a line is the rule as `nft list` prints it, or as it is given to nft. */
export interface NftChainText {
  readonly name: string;
  /** `type filter hook prerouting priority -149; policy accept;`, empty for a chain that is only jumped to. */
  readonly base: string;
  readonly lines: readonly RuleLine[];
}

/** A named set of our nft table; the name holds a hash of the content. */
export interface NftSetText {
  readonly name: string;
  /** The lines between its braces. */
  readonly lines: readonly string[];
}

/** Our nft table of one family. */
export interface NftTableText {
  readonly family: Family;
  readonly chains: readonly NftChainText[];
  readonly sets: readonly NftSetText[];
  /** It holds what we never put there (a map, `flags dormant`): it has to be made anew. */
  readonly strange: boolean;
}

/** A jump of ours in somebody else's chain. `position` counts from 1; a jump that is kept has to be at 1. */
export interface Jump {
  readonly family: Family;
  readonly table: TableName;
  readonly chain: string;
  readonly target: string;
  readonly position: number;
  /** The line as iptables-save printed it, for deleting exactly it. */
  readonly text: string;
  /** The first line of the chain, when that is not the jump. */
  readonly behind?: string;
}

/**
 * What is ours in the kernel, in the form both sides of the diff share: the rendered desired state, and what was read back.
 * An earlier observation can be the target too: that is rollback.
 */
export interface KernelObjects extends PlainObjects {
  readonly chains: readonly ChainLines[];
  readonly jumps: readonly Jump[];
  readonly nft: readonly NftTableText[];
}

/** What was found before we changed a sysctl, and what we set. Only a value that is still ours is put back. */
export interface SysctlOrigin {
  readonly found: string;
  readonly set: string;
  /** What we had set before that: still there when a run died before it wrote the new value. */
  readonly was?: string;
}

/** Whether the value that a sysctl has comes from us. */
export function isOwnValue({ set, was }: SysctlOrigin, value: string): boolean {
  return value === set || value === was;
}

export interface Observed extends KernelObjects {
  readonly origins: ReadonlyMap<string, SysctlOrigin>;
}

export const NOTHING: KernelObjects = {
  ...NO_PLAIN_OBJECTS,
  chains: [],
  jumps: [],
  nft: [],
};
