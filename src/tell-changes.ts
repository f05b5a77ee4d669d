import { momentOf, type SavedState } from "./applied.ts";
import { groupEvents } from "./compile/group-events.ts";
import { formatIssue } from "./config/issue.ts";
import type { Context } from "./context.ts";
import { recordEvents } from "./host/event-log.ts";
import { type Hook, hookOf } from "./host/run-hook.ts";
import { startHook } from "./host/start-hook.ts";
import { syslog } from "./host/syslog.ts";
import { formatPlan } from "./kernel/format-plan.ts";
import { EMPTY_STATE } from "./kernel/kernel-state.ts";
import type { Prepared } from "./prepare.ts";
import type { PolicyEvent } from "./uplink/event.ts";
import { type HookCall, hookCalls } from "./uplink/hook-call.ts";
import { uplinkEvents } from "./uplink/uplink-events.ts";

/** Calls the operator's `hook`. */
export type CallHook = (hook: Hook, calls: readonly HookCall[]) => void;

/** What was done or tried, for whoever reads the log after something looked odd. Nothing to do, nothing said. */
export async function logPlan(context: Context, reason: string, first: Prepared): Promise<void> {
  if (first.plan.length === 0) return;
  const threshold = first.config?.["log-level"] ?? "info";
  const steps = first.plan.map((step) => step.why).join(", ");
  await syslog(context.host, threshold, "info", `${reason}: ${first.plan.length} steps: ${steps}`);
  await syslog(context.host, threshold, "debug", formatPlan(first.plan));
}

export async function logWarnings(context: Context, reason: string, first: Prepared, settled: Prepared): Promise<void> {
  if (first.plan.length === 0 && reason !== "commit") return;
  const threshold = settled.config?.["log-level"] ?? "info";
  for (const warning of settled.warnings) await syslog(context.host, threshold, "warning", formatIssue(warning));
}

/** What happened to uplinks and groups since the last reconcile, whoever did that: into the log, and to the operator's hook. */
export async function tellChanges(
  context: Context,
  before: SavedState | undefined,
  settled: Prepared,
  callHook: CallHook = (hook, calls) => startHook(context, hook, calls),
): Promise<void> {
  const events = [...uplinkEvents(before?.uplinks ?? [], settled.uplinks), ...switchedGroups(before, settled)];
  const hook = hookOf(settled.config);
  const calls = hook === undefined ? [] : hookCalls(events, before?.uplinks ?? [], settled.uplinks);
  if (hook !== undefined && calls.length > 0) callHook(hook, calls);
  await recordEvents(context, events, settled.config?.["log-level"]);
}

function switchedGroups(
  before: SavedState | undefined,
  { config, facts, slots, state, uplinks }: Prepared,
): readonly PolicyEvent[] {
  if (before === undefined || config === undefined || facts === undefined || state === EMPTY_STATE) return [];
  const now = { uplinks, held: facts.liveness.held, now: facts.now };
  return groupEvents(config, slots.assignment, facts.families, momentOf(before), now);
}
