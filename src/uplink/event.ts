import type { Family } from "../net/address.ts";

/** What kinds of things are written down. `drift`: somebody changed what is ours; `forced`: the operator took an uplink up or down by hand. */
export const EVENT_KINDS = [
  "up",
  "down",
  "gateway",
  "address",
  "drift",
  "group",
  "health",
  "forced",
  "reconcile-failed",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

/**
 * Something that happened. `text` is one line in words, without the name of the uplink or group. Of kind `group`: `uplink` is the
 * member that is used now; absent when none is, or several are.
 */
export interface PolicyEvent {
  readonly uplink?: string;
  readonly group?: string;
  /** Of the gateway that changed; of a group where the other family goes otherwise. */
  readonly family?: Family;
  readonly kind: EventKind;
  readonly text: string;
}

/** An event as it is kept. `at`: milliseconds since the epoch. */
export interface LoggedEvent extends PolicyEvent {
  readonly at: number;
}
