import type { Condition } from "./condition.ts";
import type { Place } from "./findings.ts";

/** An uplink to be: the values of its leaves. */
export interface ImportedUplink {
  readonly name: string;
  readonly at: Place;
  /** Paths below `uplink NAME` and their values, in the order they are written. */
  readonly leaves: Map<string, string>;
}

export interface ImportedGroup {
  readonly name: string;
  readonly at: Place;
  readonly mode: "failover" | "balance";
  readonly members: readonly { readonly uplink: string; readonly rank: number }[];
}

/** Where packets go: by an uplink or a group, to a table that is somebody else's, by main, or nowhere. */
export type Way =
  | { readonly kind: "uplink" | "group" | "table"; readonly name: string }
  | { readonly kind: "exempt" | "drop" | "prohibit" };

export interface ImportedRule {
  readonly at: Place;
  readonly traffic: "forwarded" | "local" | "all" | "inbound";
  readonly condition: Condition;
  readonly way: Way;
  readonly log?: boolean;
  readonly description?: string;
}

export interface Imported {
  readonly uplinks: readonly ImportedUplink[];
  readonly groups: readonly ImportedGroup[];
  readonly exempt: readonly { readonly side: "destination" | "source"; readonly prefix: string; readonly at: Place }[];
  readonly rules: readonly ImportedRule[];
}

export function sameWay(a: Way, b: Way): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** One text for each condition and way, whatever the order of its parts. */
export function keyOf({ condition, way }: { readonly condition: Condition; readonly way: Way }): string {
  const parts = [...condition].map(([path, values]) => `${path} ${[...values].sort().join()}`);
  return `${parts.sort().join(";")} ${JSON.stringify(way)}`;
}
