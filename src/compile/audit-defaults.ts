import type { Config } from "../config/schema.ts";
import type { ForeignDefault } from "../kernel/foreign-default.ts";
import { KILL_SWITCH_METRIC, TABLE_BASE } from "../kernel/ownership.ts";
import type { Facts, SlotAssignment } from "../uplink/facts.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";
import { PROHIBIT_OWNER } from "./assign-slots.ts";
import type { Collision } from "./audit-marks.ts";
import { groupTargets } from "./group-targets.ts";
import { uplinkTargets } from "./targets.ts";

/** A table of ours, by what the operator knows it. */
interface OwnTable {
  readonly path: readonly string[];
  readonly table: number;
  readonly guard: string;
  readonly guarded: boolean;
  readonly remedy: string;
}

const DELETE = "delete that route";

/**
 * Default routes of others in our tables, as VyOS makes of `protocols static table`: packets leave by them before `if-down` is asked.
 * `refused`: past a kill switch. Others' routes to single networks are what a table may have besides.
 */
export function auditDefaults(
  config: Config,
  uplinks: readonly UplinkState[],
  slots: SlotAssignment,
  facts: Pick<Facts, "liveness" | "now">,
  found: readonly ForeignDefault[],
): Collision[] {
  if (config.disable || found.length === 0) return [];
  const tables = ownTables(config, uplinks, slots, facts);
  return tables.flatMap(({ path, table, guard, guarded, remedy }) =>
    found.flatMap((route): Collision[] => {
      if (route.table !== table || (guarded && route.metric >= KILL_SWITCH_METRIC)) return [];
      const message = `somebody else's route "${route.text}" in table ${table} comes before ${guard}: packets leave by it; ${remedy}`;
      return [{ severity: guarded ? "refused" : "warning", path, message }];
    }),
  );
}

function ownTables(
  config: Config,
  uplinks: readonly UplinkState[],
  slots: SlotAssignment,
  facts: Pick<Facts, "liveness" | "now">,
): OwnTable[] {
  const refuses = slots.slots.get(PROHIBIT_OWNER);
  const byIfDown = (ifDown: string) => ({ guard: `if-down ${ifDown}`, guarded: ifDown !== "main" });
  return [
    ...uplinkTargets(config, uplinks, slots).map(
      ({ name, table, config: uplink }): OwnTable => ({
        path: ["uplink", name],
        table,
        ...byIfDown(uplink["if-down"]),
        remedy: `${DELETE}, or set another table`,
      }),
    ),
    ...groupTargets(config, uplinks, slots, facts).flatMap((group) =>
      [group, ...group.members].map(
        ({ table }): OwnTable => ({
          path: ["group", group.name],
          table,
          ...byIfDown(group.config["if-down"]),
          remedy: DELETE,
        }),
      ),
    ),
    ...(refuses === undefined
      ? []
      : [{ path: [], table: TABLE_BASE + refuses, guard: "action prohibit", guarded: true, remedy: DELETE }]),
  ];
}
