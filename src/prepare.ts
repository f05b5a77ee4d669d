import { momentOf, type SavedState } from "./applied.ts";
import { auditDefaults } from "./compile/audit-defaults.ts";
import { detour } from "./compile/detour.ts";
import { forgetConnections } from "./compile/forget-connections.ts";
import { parseSlotMemory, parseTableNames } from "./compile/slot-memory.ts";
import { ConfigError } from "./config/issue.ts";
import type { Config } from "./config/schema.ts";
import type { Context } from "./context.ts";
import { familiesOf, gatherFacts } from "./host/gather-facts.ts";
import { readKernelDefaults } from "./host/gather-gateways.ts";
import type { Host } from "./host/host.ts";
import {
  looksAgain,
  type ObserveScope,
  observeKernel,
  observeTablesAndRules,
  type TablesAndRules,
} from "./host/observe-kernel.ts";
import { planOtherFrontEnd } from "./host/other-front-end.ts";
import { sideBySide } from "./host/side-by-side.ts";
import type { KernelObjects, Observed } from "./kernel/kernel-objects.ts";
import { EMPTY_STATE, type KernelState } from "./kernel/kernel-state.ts";
import { TABLE_BASE } from "./kernel/ownership.ts";
import type { SavedTables } from "./kernel/parse-iptables-save.ts";
import { type Forgetting, type Plan, type PlanOptions, plan } from "./kernel/plan.ts";
import { renderState } from "./kernel/render-state.ts";
import { missingTools } from "./missing-tools.ts";
import type { Family } from "./net/address.ts";
import type { Fwmark } from "./net/fwmark.ts";
import { nextTurn } from "./next-turn.ts";
import type { Facts, GatewayReport, SlotAssignment } from "./uplink/facts.ts";
import { NOTHING_WANTED, type Wanted, want } from "./want.ts";

/** What is wanted, what is there, and the way from one to the other; nothing has been changed yet. */
export interface Prepared extends Wanted {
  readonly config: Config | undefined;
  readonly facts: Facts | undefined;
  readonly target: KernelObjects;
  readonly observed: Observed;
  readonly scope: ObserveScope;
  readonly options: PlanOptions;
  readonly plan: Plan;
  /** To be reached first, where the plan alone would steer wrongly half way. */
  readonly detour: Config | undefined;
  /** Packet counters of our rules by hash, when asked for. */
  readonly packets: Readonly<Record<Family, ReadonlyMap<string, number>>>;
  readonly frontEnd: SavedTables["frontEnd"];
  /** What the last reconcile left behind. */
  readonly last: Partial<SavedState> | undefined;
}

export interface PrepareOptions {
  readonly allowSsh: boolean;
  /** A commit refuses a configuration that cannot work on this router; an event goes on without the route that cannot be. */
  readonly refuseMistakes: boolean;
  readonly counters?: boolean;
  /** Paths of the router's configuration that speak of other users of marks. */
  readonly neighbours: readonly string[];
  /** Changes the facts before they are used: the boot unit knows that nothing is up yet. */
  readonly adjust?: (facts: Facts) => Facts;
  /** Connections to forget besides: on a detour, those that the way on would give to somebody else. */
  readonly staleMarks?: readonly Fwmark[];
  /** Whoever is about to apply: connections whose way has changed since the last reconcile are forgotten. */
  readonly forget?: boolean;
  /** Our jumps stay behind others that are in front of them now; a jump that is missing is put in all the same. */
  readonly leaveOrder?: boolean;
  /** A look that was started earlier. */
  readonly looking?: Promise<Looking>;
}

/** A look at the kernel that is under way: what it needs is known before the configuration is read. */
export interface Looking {
  readonly families: readonly Family[];
  readonly memory: string | undefined;
  readonly remembered: readonly number[];
  readonly looking: Promise<TablesAndRules>;
  /** The kernel's default routes, where the configuration was known. */
  readonly defaults?: Promise<readonly GatewayReport[]> | undefined;
  /** What the last reconcile left behind. */
  readonly last: Partial<SavedState> | undefined;
}

/**
 * Starts the programs that read back what is ours; they run while the caller does something else. What hangs on the configuration is
 * asked in the same round where that is known already.
 */
export async function startLooking(
  context: Context,
  { counters = false, config }: { readonly counters?: boolean; readonly config?: Config | undefined } = {},
): Promise<Looking> {
  const { host, paths } = context;
  const [families, memory, last] = await Promise.all([familiesOf(host), host.read(paths.rtTables), readLast(context)]);
  const remembered = [...parseTableNames(memory ?? "").values(), ...defaultTables(memory)];
  const reader = sideBySide(host);
  const looking = observeTablesAndRules(reader, families, remembered, {
    counters,
    expectsNft: last?.backend?.name === "nftables",
  });
  const defaults = config === undefined ? undefined : readKernelDefaults(reader, config);
  // Whoever waits for it gets the error; when nobody comes to that, because the configuration has mistakes, it is no news.
  looking.catch(() => {});
  return { families, memory, remembered, looking, last, defaults };
}

/** Computes the plan for `config`, or for having nothing when it is undefined. Reads the world, changes nothing. */
export async function prepare(context: Context, config: Config | undefined, options: PrepareOptions): Promise<Prepared> {
  const { host, paths } = context;
  const looked = options.looking ?? startLooking(context, { counters: options.counters ?? false, config });
  const { families, memory, remembered, looking, last, defaults } = await looked;
  const [seen, gathered] = await Promise.all([
    looking,
    config === undefined
      ? undefined
      : gatherFacts(host, paths, config, { families, seen: looking, neighbours: options.neighbours, defaults }, options.allowSsh),
  ]);
  const facts = gathered !== undefined && options.adjust !== undefined ? options.adjust(gathered) : gathered;
  const wanted =
    config === undefined || facts === undefined ? NOTHING_WANTED : want(context, config, facts, options.refuseMistakes);
  const forget =
    options.forget === true && config !== undefined && facts !== undefined ? changedWays(config, wanted, facts, last) : [];
  const missing =
    config === undefined || facts === undefined || wanted.backend === undefined
      ? []
      : await missingTools(
          host,
          { config, facts, ...wanted, backend: wanted.backend.name, files: paths },
          wanted.state.staleMarks.length + forget.length > 0,
        );
  const scope: ObserveScope = {
    families,
    tables: [...new Set([...wanted.state.routes.map((route) => route.table), ...remembered])],
    sysctls: [...wanted.state.sysctls.keys()],
    files: [paths.rtTables, paths.rtProtos],
    originsPath: paths.sysctls,
    leaveOrder: options.leaveOrder ?? false,
  };
  const inUse = seen.frontEnd;
  const [observed, elsewhere, target] = await Promise.all([
    observeKernel(host, seen, scope),
    planOtherFrontEnd(host, families, inUse, config === undefined || last?.frontEnd !== inUse, seen.legacy),
    // In the next turn of the event loop: by then the programs of the other two are running.
    nextTurn().then(() => renderState(wanted.state)),
  ]);
  const strangers =
    config === undefined || facts === undefined
      ? []
      : auditDefaults(config, wanted.uplinks, wanted.slots.assignment, facts, observed.foreignDefaults);
  const refused = strangers.filter(({ severity }) => severity === "refused");
  if (options.refuseMistakes && refused.length > 0) throw new ConfigError(refused);
  const planOptions: PlanOptions = {
    originsPath: paths.sysctls,
    staleMarks: [...wanted.state.staleMarks, ...(options.staleMarks ?? [])],
    interimFiles: wanted.state.interimFiles,
    ...abandoned(wanted.state, parseSlotMemory(memory), config),
    forget,
  };
  return {
    config,
    facts,
    ...wanted,
    warnings: [...wanted.warnings, ...strangers, ...missing],
    target,
    observed,
    scope,
    options: planOptions,
    plan: [...plan(target, observed, planOptions), ...elsewhere],
    detour:
      config === undefined || facts === undefined || wanted.state === EMPTY_STATE
        ? undefined
        : detour(config, wanted.slots.assignment, facts.slots),
    packets: {
      ipv4: new Map([...seen.saved.ipv4.packets, ...seen.nft.packets.ipv4]),
      ipv6: new Map([...seen.saved.ipv6.packets, ...seen.nft.packets.ipv6]),
    },
    frontEnd: inUse,
    last,
  };
}

/** What the last reconcile left behind, as far as it is understood. */
async function readLast({ host, paths }: Context): Promise<Partial<SavedState> | undefined> {
  try {
    return JSON.parse((await host.read(paths.state)) ?? "{}") as Partial<SavedState>;
  } catch {
    return undefined;
  }
}

/** Connections whose packets go another way than they did after the last reconcile; none where no state was saved. */
function changedWays(config: Config, wanted: Wanted, facts: Facts, last: Partial<SavedState> | undefined): readonly Forgetting[] {
  if (wanted.state === EMPTY_STATE || last?.uplinks === undefined) return [];
  return forgetConnections(config, wanted.slots.assignment, facts.families, momentOf(last), {
    uplinks: wanted.uplinks,
    held: facts.liveness.held,
    now: facts.now,
  });
}

/** When nothing of ours stays, no memory does: what connections remember of it would be read as somebody else's later. */
function abandoned(state: KernelState, previous: SlotAssignment, config: Config | undefined): { abandonedMask?: number } {
  if (state !== EMPTY_STATE || previous.slots.size + previous.retired.size === 0) return {};
  const mask = previous.mask ?? config?.["mark-mask"];
  return mask === undefined ? {} : { abandonedMask: mask };
}

/** Tables of slots we gave before: `action prohibit` has one without a name. */
function defaultTables(memory: string | undefined): number[] {
  return [...parseSlotMemory(memory).slots.values()].map((slot) => TABLE_BASE + slot);
}

/** Reads back what is ours after work on `prepared`, in a scope that holds its own. */
export async function observeAgain(host: Host, { target, observed }: Prepared, scope: ObserveScope): Promise<Observed> {
  const looks = looksAgain(target, observed);
  return await observeKernel(host, await observeTablesAndRules(host, scope.families, scope.tables, looks), scope);
}
