import { neighboursIn, readApplied, readLastApplied, readSavedState } from "./applied.ts";
import { formatIssue } from "./config/issue.ts";
import type { Config } from "./config/schema.ts";
import type { Context } from "./context.ts";
import { isRefusal } from "./host/is-refusal.ts";
import { runningMonitor } from "./host/monitor-process.ts";
import { type Prepared, prepare } from "./prepare.ts";
import type { Sight } from "./show/sight.ts";
import { type ProbesKnown, parseProbes } from "./uplink/health-file.ts";
import { parseForced, parseLiveness } from "./uplink/liveness.ts";
import { needsMonitor } from "./uplink/needs-monitor.ts";

/**
 * Looks at the router for `show`: at the kernel, with counters, and for an operator who may not read its rules at what the
 * last reconcile saved. Changes nothing, asks nobody over ssh.
 */
export async function look(context: Context): Promise<Sight> {
  return (await lookClosely(context)).sight;
}

/** The same, with what a reconcile would be made from; that is absent where the kernel may not be read. */
export async function lookClosely(context: Context): Promise<{ readonly sight: Sight; readonly prepared?: Prepared }> {
  const { config, text } = await readApplied(context);
  const [probes, monitor] = await Promise.all([readProbes(context, config), lookForMonitor(context, config)]);
  try {
    const prepared = await prepare(context, config, {
      allowSsh: false,
      refuseMistakes: false,
      counters: true,
      neighbours: neighboursIn(text),
    });
    const sight: Sight = {
      config,
      links: prepared.facts?.links ?? [],
      uplinks: prepared.uplinks,
      slots: prepared.slots.assignment,
      held: prepared.facts?.liveness.held ?? new Map(),
      forced: prepared.facts?.forced ?? new Map(),
      now: prepared.facts?.now ?? 0,
      backend: prepared.backend,
      warnings: prepared.warnings.map(formatIssue),
      markUses: prepared.facts?.markUses ?? [],
      collisions: prepared.collisions,
      probes,
      since: prepared.last?.since ?? {},
      monitor,
      kernel: prepared,
      saved: undefined,
    };
    return { sight, prepared };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { sight: await lookAtSaved(context, config, probes, monitor) };
  }
}

async function readProbes({ host, paths }: Context, config: Config | undefined): Promise<ProbesKnown> {
  const probed = Object.values(config?.uplink ?? {}).some(({ health }) => health !== undefined);
  return probed ? parseProbes(await host.read(paths.probes)) : new Map();
}

/** Nobody asks for a monitor that is not needed. */
async function lookForMonitor(context: Context, config: Config | undefined): Promise<Sight["monitor"]> {
  const neededFor = needsMonitor(config);
  return neededFor.length === 0 ? undefined : { running: (await runningMonitor(context)) !== undefined, neededFor };
}

async function lookAtSaved(
  context: Context,
  config: Config | undefined,
  probes: ProbesKnown,
  monitor: Sight["monitor"],
): Promise<Sight> {
  const { host, paths } = context;
  const [state, last, liveness, forced] = await Promise.all([
    readSavedState(context),
    readLastApplied(context),
    host.read(paths.liveness).then(parseLiveness),
    host.read(paths.forced).then(parseForced),
  ]);
  return {
    config,
    links: last?.links ?? [],
    uplinks: state?.uplinks ?? [],
    slots: { slots: new Map(Object.entries(state?.slots ?? {})), retired: new Map() },
    held: liveness.held,
    forced,
    now: Math.floor(host.now() / 1000),
    backend: state?.backend,
    warnings: state?.warnings ?? [],
    markUses: state?.markUses ?? [],
    collisions: state?.collisions ?? [],
    probes,
    since: state?.since ?? {},
    monitor,
    kernel: undefined,
    saved: { at: state?.at ?? 0, reason: state?.reason ?? "" },
  };
}
