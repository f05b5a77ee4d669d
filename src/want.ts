import { type AssignedSlots, assignSlots } from "./compile/assign-slots.ts";
import { auditMarks, type Collision } from "./compile/audit-marks.ts";
import { type Backend, chooseBackend } from "./compile/choose-backend.ts";
import { checkTables, compile } from "./compile/compile.ts";
import { goneSets } from "./compile/gone-sets.ts";
import { uplinkTargets } from "./compile/targets.ts";
import { ConfigError, type Issue } from "./config/issue.ts";
import type { Config } from "./config/schema.ts";
import type { Context } from "./context.ts";
import { EMPTY_STATE, type KernelState } from "./kernel/kernel-state.ts";
import type { Facts } from "./uplink/facts.ts";
import { resolveUplinks } from "./uplink/resolve-uplinks.ts";
import type { UplinkState } from "./uplink/uplink-state.ts";

/** What a configuration comes to, computed from it and the facts alone. */
export interface Wanted {
  readonly uplinks: readonly UplinkState[];
  readonly slots: AssignedSlots;
  readonly state: KernelState;
  readonly backend: Backend | undefined;
  readonly warnings: readonly Issue[];
  /** Where others want what we want. */
  readonly collisions: readonly Collision[];
}

const NO_SLOTS: AssignedSlots = {
  assignment: { slots: new Map(), retired: new Map() },
  reused: new Map(),
  staleMarks: [],
  formerMask: 0,
  issues: [],
};

export const NOTHING_WANTED: Wanted = {
  uplinks: [],
  slots: NO_SLOTS,
  state: EMPTY_STATE,
  backend: undefined,
  warnings: [],
  collisions: [],
};

/** What a configuration stands for on a router of which `facts` are known. @throws ConfigError with all its mistakes */
export function want({ paths }: Pick<Context, "paths">, config: Config, facts: Facts, refuseMistakes: boolean): Wanted {
  const resolved = resolveUplinks(config, facts);
  const slots = assignSlots(config, facts.slots);
  const { backend, errors, warnings } = chooseBackend(config, facts);
  const mistakes = [...errors, ...slots.issues, ...(refuseMistakes ? resolved.mistakes : [])];
  if (slots.issues.length === 0) mistakes.push(...checkTables(config, facts, resolved.uplinks, slots));
  const collisions = slots.issues.length > 0 ? [] : audit(config, facts, resolved.uplinks, slots, backend.name);
  const refused = collisions.filter(({ severity }) => severity === "refused");
  if (refuseMistakes) mistakes.push(...refused);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const affected = collisions.filter(({ severity }) => severity === "warning");
  const state = compile({ config, facts, uplinks: resolved.uplinks, slots, backend: backend.name, files: paths });
  const problems = facts.problems.map((problem): Issue => ({ path: [], message: problem.message }));
  return {
    uplinks: resolved.uplinks,
    slots,
    state,
    backend,
    warnings: [...warnings, ...goneSets(config, facts), ...refused, ...affected, ...resolved.warnings, ...problems],
    collisions,
  };
}

function audit(
  config: Config,
  { markUses }: Facts,
  uplinks: readonly UplinkState[],
  { assignment }: AssignedSlots,
  backend: Backend["name"],
): Collision[] {
  const targets = uplinkTargets(config, uplinks, assignment);
  return auditMarks({ config, targets, slots: assignment.slots, backend }, markUses);
}
