import type { Family } from "../net/address.ts";
import type { Lines } from "./follow.ts";

/** What an explanation is made from: what the configuration means is computed from the first part alone. */
export interface Sighted extends Lines {
  /** Slots by owner: `uplink dsl`, `group web`, `member web dsl`, `table 50`, `prohibit`. */
  readonly slots: ReadonlyMap<string, number>;
  /** Absent for an operator who may not read the kernel. */
  readonly kernel?: SeenKernel;
}

/** What the kernel holds of ours, as far as an explanation tells of it. */
export interface SeenKernel {
  readonly ipRules: readonly {
    readonly family: Family;
    readonly preference: number;
    readonly fwmark?: { readonly value: number; readonly mask: number };
    readonly action: { readonly lookup: number } | object | string;
  }[];
  readonly routes: readonly {
    readonly family: Family;
    readonly table: number;
    readonly type: string;
    readonly prefix: string;
    readonly metric: number;
    readonly gateway?: string;
    readonly device?: string;
  }[];
  /** Steps of `plan`: 0 when the kernel is as the configuration wants it. */
  readonly stepsToDo: number;
}
