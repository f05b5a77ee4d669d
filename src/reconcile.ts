import {
  type Applied,
  appliedValues,
  neighboursIn,
  readApplied,
  readSavedState,
  type SavedState,
  saveApplied,
} from "./applied.ts";
import { formatIssue } from "./config/issue.ts";
import type { Context } from "./context.ts";
import { giveBack } from "./give-back.ts";
import { applyPlan } from "./host/apply-plan.ts";
import { HostError, isHostError } from "./host/host.ts";
import { takeLock } from "./host/lock.ts";
import type { ObserveScope } from "./host/observe-kernel.ts";
import { sideBySide } from "./host/side-by-side.ts";
import { syslog } from "./host/syslog.ts";
import { tuneEngine } from "./host/tune-engine.ts";
import { askWitness } from "./host/witness.ts";
import { keepSaved } from "./keep-saved.ts";
import { describeDrift } from "./kernel/describe-drift.ts";
import type { KernelObjects, Observed } from "./kernel/kernel-objects.ts";
import { type PlanOptions, plan } from "./kernel/plan.ts";
import { nextTurn } from "./next-turn.ts";
import { type Looking, observeAgain, type Prepared, type PrepareOptions, prepare, startLooking } from "./prepare.ts";
import { type CallHook, logPlan, logWarnings, tellChanges } from "./tell-changes.ts";
import type { Facts } from "./uplink/facts.ts";
import { VerifyError } from "./verify-error.ts";

export interface ReconcileRequest {
  /** Why, for the log and the state file: `commit`, `dhcp eth1`. */
  readonly reason: string;
  readonly allowSsh: boolean;
  /** What needs no lock is begun while that is taken. */
  readonly begin?: () => void;
  /**
   * The configuration to hold: with its text in `set` form when the operator commits one (`config` undefined: have nothing);
   * left out, the one that was last applied. It is read while the kernel is looked at.
   */
  readonly proposed?: (looking: Promise<Looking>) => Applied | Promise<Applied>;
  readonly adjust?: (facts: Facts) => Facts;
  /**
   * The monitor's way. It is told what was found, before anything is changed. Where nothing differs, nothing is saved, unless
   * it proposes a configuration, which is the applied one with other words of the router's. What the kernel
   * does otherwise although all of ours is in place (a foreign ip rule in front, a wire that was cut a moment ago), or what somebody
   * changes meanwhile, is a complaint and no reason to take a repair back: it looks again.
   */
  readonly watch?: (found: Prepared) => void;
  /** Our jumps stay behind others that are in front of them now: the monitor has a truce. */
  readonly leaveOrder?: boolean;
  /** Calls the operator's `hook`; left out, a process that nobody waits for does. */
  readonly callHook?: CallHook;
  /** Changes a fact that is kept in a file, before anything is looked at; what it gives puts the file back when this fails. */
  readonly edit?: () => Promise<() => Promise<void>>;
}

/** What is in the kernel now. */
export interface Settled extends Prepared {
  /** What the kernel does otherwise; only with `watch`, without it that is a failure. */
  readonly complaints: readonly string[];
}

/** How often a state is looked at anew when the world changes while it is being applied (a link goes down half way). */
const ROUNDS = 3;

/**
 * The one verb: brings the kernel from whatever it holds of ours to what configuration and facts ask for, and proves it.
 * Commit, DHCP lease, PPP and the operator all come here. On failure everything is as it was before.
 * @throws ConfigError (nothing was touched), CommandError, VerifyError, HostError
 */
export async function reconcile(context: Context, request: ReconcileRequest): Promise<Settled> {
  const locking = takeLock(context.paths.lock);
  request.begin?.();
  const release = await locking;
  let undo = async (): Promise<void> => {};
  try {
    if (request.edit !== undefined) undo = await request.edit();
    const looking = startLooking(context);
    const proposed = await (request.proposed === undefined ? readApplied(context) : request.proposed(looking));
    await tuneEngine(Object.keys(proposed.config?.rule ?? {}).length);
    const options = {
      allowSsh: request.allowSsh,
      forget: true,
      leaveOrder: request.leaveOrder ?? false,
      neighbours: proposed.neighbours ?? neighboursIn(proposed.text),
      refuseMistakes: request.proposed !== undefined && request.adjust === undefined && request.watch === undefined,
      ...(request.adjust === undefined ? {} : { adjust: request.adjust }),
    };
    const first = await prepare(context, proposed.config, { ...options, looking });
    request.watch?.(first);
    const before = await readSavedState(context);
    // While the first programs run. Without any, the monitor's looks mostly, it may not be asked for at all.
    const values = first.plan.length === 0 ? undefined : nextTurn().then(() => appliedValues(proposed));
    // Whoever waits for it gets the error; when applying fails before, nobody does.
    values?.catch(() => {});
    const settled = await whole(context, first, request.reason, async () => {
      const there = await settle(context, first, options, request.watch !== undefined);
      const same = request.watch !== undefined && request.proposed === undefined && !saysMore(first, before);
      if (!same)
        await saveApplied(context, proposed, there, {
          reason: request.reason,
          before,
          commits: options.refuseMistakes,
          ...(values === undefined ? {} : { values: await values }),
        });
      return there;
    });
    if (settled.complaints.length === 0) await giveBack(context, [first, settled]);
    await Promise.all([
      logPlan(context, request.reason, first),
      logWarnings(context, request.reason, first, settled),
      tellChanges(context, before, settled, request.callHook),
    ]);
    return settled;
  } catch (error) {
    await undo();
    throw error;
  } finally {
    release();
  }
}

/** Whether the picture for operators, `before`, is not the present one. */
function saysMore(first: Prepared, before: SavedState | undefined): boolean {
  return (
    first.plan.length > 0 ||
    before === undefined ||
    JSON.stringify([before.uplinks, before.backend, before.warnings]) !==
      JSON.stringify([first.uplinks, first.backend, first.warnings.map(formatIssue)])
  );
}

/**
 * All or nothing. Remembering what is live is part of the work: what cannot be remembered must not be live after an error.
 */
async function whole(context: Context, first: Prepared, reason: string, work: () => Promise<Settled>): Promise<Settled> {
  const forget = await keepSaved(context);
  try {
    return await work();
  } catch (error) {
    await rollBack(context, first, forget, error);
    await logPlan(context, reason, first);
    const message = error instanceof Error ? error.message : String(error);
    await syslog(context.host, first.config?.["log-level"] ?? "info", "err", `not applied, everything is as it was: ${message}`);
    throw error;
  }
}

/** Reaches what `first` asks for, by its detour if it has one; looks anew while the world changes. */
async function settle(context: Context, first: Prepared, options: PrepareOptions, lenient = false): Promise<Settled> {
  let prepared = first;
  const again = () => prepare(context, first.config, options);
  if (first.detour !== undefined) {
    const through = { ...options, staleMarks: first.options.staleMarks };
    await settle(context, { ...(await prepare(context, first.detour, through)), detour: undefined }, through);
    prepared = await again();
  }
  for (let round = 1; ; round++) {
    const failure = await attempt(context, prepared);
    if (failure === undefined) return { ...prepared, complaints: [] };
    if (lenient && failure instanceof VerifyError) return { ...prepared, complaints: failure.said };
    const fresh = await again();
    if (round === ROUNDS || sameWish(fresh, prepared)) throw failure;
    prepared = fresh;
  }
}

/** Applies and verifies; the error if that did not work, to be retried when the facts changed under it. */
async function attempt(context: Context, prepared: Prepared): Promise<HostError | undefined> {
  try {
    await applyPlan(context.host, prepared.plan);
    const reader = sideBySide(context.host);
    const [now, complaints] = await Promise.all([
      prepared.plan.length === 0 ? prepared.observed : observeAgain(reader, prepared, prepared.scope),
      askWitness(context.host, prepared.state.expectations, reader),
    ]);
    const left = whatDiffers(prepared, now);
    return left.length === 0 && complaints.length === 0 ? undefined : new VerifyError(left, complaints);
  } catch (error) {
    if (isHostError(error)) return error;
    throw error;
  }
}

/** What was put in place and is not so, in words; where only remains of the old state are left, the steps that would take them away. */
function whatDiffers(prepared: Prepared, now: Observed): readonly string[] {
  const steps = plan(prepared.target, now, settledOptions(prepared));
  if (steps.length === 0) return [];
  const drift = describeDrift(prepared.target, now);
  return drift.length > 0 ? drift.map(({ text }) => text) : steps.map(({ why }) => `still to do: ${why}`);
}

/** For looking again: forgetting connections is done once, it leaves nothing that could be observed. */
function settledOptions(prepared: Prepared): PlanOptions {
  const { abandonedMask: _, ...options } = prepared.options;
  return { ...options, staleMarks: [], forget: [], interimFiles: new Map() };
}

function sameWish(a: Prepared, b: Prepared): boolean {
  return JSON.stringify([a.target.routes, a.state.expectations]) === JSON.stringify([b.target.routes, b.state.expectations]);
}

/** Back to what was there before the first step: a diff like any other. */
async function rollBack(context: Context, first: Prepared, forget: () => Promise<void>, cause: unknown): Promise<void> {
  try {
    await forget();
    const now = await observeAgain(sideBySide(context.host), first, scopeOfBoth(first));
    await applyPlan(context.host, plan(rollbackTarget(first.observed), now, settledOptions(first)));
  } catch (error) {
    if (!isHostError(error)) throw error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HostError(`${why}\nand what was there before could not be put back: ${error.message}`);
  }
}

/** What was there before can lie where the new state does not look: tables it gave up, sysctls it put back. */
function scopeOfBoth({ scope, observed }: Prepared): ObserveScope {
  return {
    ...scope,
    tables: [...new Set([...scope.tables, ...observed.routes.map((route) => route.table)])],
    sysctls: [...new Set([...scope.sysctls, ...observed.origins.keys()])],
  };
}

/** Sysctls we did not hold before are put back by their recorded origin, not by the value seen. */
function rollbackTarget(before: Observed): KernelObjects {
  return { ...before, sysctls: new Map([...before.sysctls].filter(([key]) => before.origins.has(key))) };
}
