import type { Collision } from "../compile/audit-marks.ts";
import type { Backend } from "../compile/choose-backend.ts";
import type { Config } from "../config/schema.ts";
import type { KernelObjects, Observed } from "../kernel/kernel-objects.ts";
import type { KernelState } from "../kernel/kernel-state.ts";
import type { Plan } from "../kernel/plan.ts";
import type { Family } from "../net/address.ts";
import type { Link, SlotAssignment } from "../uplink/facts.ts";
import type { ProbesKnown } from "../uplink/health-file.ts";
import type { Forced, Liveness } from "../uplink/liveness.ts";
import type { MarkUse } from "../uplink/mark-use.ts";
import type { SinceByUplink } from "../uplink/since.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";
import type { ShownBackend, ShownMonitor } from "./model.ts";

/** What was seen of the router: everything `show` says is computed from this. */
export interface Sight {
  readonly config: Config | undefined;
  readonly links: readonly Link[];
  readonly uplinks: readonly UplinkState[];
  readonly slots: SlotAssignment;
  /** Members of groups that are held back, uplinks that the operator forces, and the time (seconds since the epoch). */
  readonly held: Liveness["held"];
  readonly forced: Forced;
  readonly now: number;
  readonly backend: Backend | undefined;
  readonly warnings: readonly string[];
  /** What others have of marks, preferences and tables, and where that is what we have. */
  readonly markUses: readonly MarkUse[];
  readonly collisions: readonly Collision[];
  /** What the monitor's probes know. */
  readonly probes: ProbesKnown;
  /** Since when uplinks are up or down, as the last reconcile saw them. */
  readonly since: SinceByUplink;
  /** Absent when the configuration does not need it. */
  readonly monitor: ShownMonitor | undefined;
  /** The kernel, or what the last reconcile left behind for those who may not read it. */
  readonly kernel: KernelSight | undefined;
  /** Seconds since the epoch, and what made it reconcile; when `kernel` is absent. */
  readonly saved: { readonly at: number; readonly reason: string } | undefined;
}

/** Wanted and present, side by side. */
export interface KernelSight {
  readonly state: KernelState;
  readonly target: KernelObjects;
  readonly observed: Observed;
  readonly plan: Plan;
  /** Packet counters of our rules by hash. */
  readonly packets: Readonly<Record<Family, ReadonlyMap<string, number>>>;
  readonly frontEnd: ShownBackend["frontEnd"];
}
