import { type MarkField, markField, slotOnly } from "../compile/mark-field.ts";
import type { Config } from "../config/schema.ts";
import type { TrackedConnection } from "../kernel/parse-conntrack.ts";
import { type Fwmark, hex32 } from "../net/fwmark.ts";
import type { SlotAssignment } from "../uplink/facts.ts";

/** The JSON of `show connections`. */
export interface ShownConnections {
  readonly version: 1;
  /** Only of this uplink. */
  readonly uplink?: string;
  readonly from: string;
  readonly connections: readonly ShownConnection[];
}

export interface ShownConnection extends Omit<TrackedConnection, "mark"> {
  /** Whose slot it carries: `uplink dsl`, `member web dsl`, `table 50`, `prohibit`, `main` (pinned to it). */
  readonly owner: string;
  /** `in`: it came in by that uplink, and its replies leave by it. */
  readonly direction: "in" | "out";
  readonly mark: string;
}

/** Owner of a connection mark; `undefined` where it is none of ours. */
export type OwnerOf = (mark: number) => { readonly owner: string; readonly direction: "in" | "out" } | undefined;

/** Reads marks by the slots that are given now: what carries another number in our bits is not ours. */
export function ownerOf(config: Config, { slots }: SlotAssignment): OwnerOf {
  const field: MarkField = markField(config["mark-mask"]);
  const owners = new Map([...slots].map(([owner, slot]) => [slot, owner]));
  owners.set(field.pinnedToMain, "main");
  return (mark) => {
    const owner = owners.get((mark & field.slotMask) >>> field.shift);
    return owner === undefined ? undefined : { owner, direction: (mark & field.arrival) === 0 ? "out" : "in" };
  };
}

/** Marks of an uplink's connections, in whichever direction. */
export function marksOfUplink(config: Config, { slots }: SlotAssignment, uplink: string): Fwmark[] {
  const field = markField(config["mark-mask"]);
  return [...slots].flatMap(([owner, slot]) => (isOfUplink(owner, uplink) ? [slotOnly(field, slot)] : []));
}

/** Whether a slot's owner stands for an uplink: the uplink itself, or as a member of a group. */
export function isOfUplink(owner: string, uplink: string): boolean {
  return owner === `uplink ${uplink}` || (owner.startsWith("member ") && owner.split(" ")[2] === uplink);
}

/** Connections with their owners; of one uplink when `uplink` says so. */
export function showConnections(
  all: readonly TrackedConnection[],
  from: string,
  owner: OwnerOf,
  uplink: string | undefined,
): ShownConnections {
  const connections = all.flatMap(({ mark, ...connection }): ShownConnection[] => {
    const found = owner(mark);
    if (found === undefined || (uplink !== undefined && !isOfUplink(found.owner, uplink))) return [];
    return [{ ...connection, ...found, mark: hex32(mark) }];
  });
  return { version: 1, ...(uplink === undefined ? {} : { uplink }), from, connections };
}
