import { setMaxListeners } from "node:events";
import { uplinkOwner } from "../compile/assign-slots.ts";
import { arrivalMark, markField } from "../compile/mark-field.ts";
import type { Context } from "../context.ts";
import { runProbe } from "../host/run-probe.ts";
import { updateLiveness } from "../host/update-liveness.ts";
import type { Prepared } from "../prepare.ts";
import type { PolicyEvent } from "../uplink/event.ts";
import {
  afterProbes,
  type HealthSettings,
  looksDifferent,
  type ProbeResult,
  startHealth,
  type UplinkHealth,
  verdictOf,
} from "../uplink/health.ts";
import { healthEvents } from "../uplink/health-events.ts";
import { type ProbesKnown, parseProbes, renderProbes } from "../uplink/health-file.ts";
import { type Hopeless, healthSettings, isHopeless, type Probe, probesOf } from "../uplink/probe.ts";

/** What of a settled state the probes are made from. */
export type Probed = Pick<Prepared, "config" | "uplinks" | "slots">;

interface Watched {
  readonly abort: AbortController;
  probes: readonly (Probe | Hopeless)[];
  settings: HealthSettings;
  /** Milliseconds. */
  interval: number;
  health: UplinkHealth;
  /** Between two rounds; absent while one is under way. */
  timer?: NodeJS.Timeout | undefined;
}

/**
 * Probes the uplinks, each at its own pace, so that a slow one delays nobody, and leaves what comes of it in files: the verdicts for
 * every reconcile, all of it for `show` and for the next run of the monitor. It steers nothing: `tell` is called when a verdict
 * changed, and whoever is told reconciles.
 */
export class HealthWatch {
  private readonly watched = new Map<string, Watched>();
  private known: ProbesKnown | undefined;

  constructor(
    private readonly context: Context,
    private readonly tell: (change: { readonly verdict: boolean; readonly events: readonly PolicyEvent[] }) => void,
  ) {}

  /** Probes what is configured now (nothing, when nothing is), over the uplinks as they are now. Uplinks that have no probes any more are forgotten. */
  async follow(settled: Probed | undefined): Promise<void> {
    const { config, uplinks = [], slots } = settled ?? {};
    this.known ??= parseProbes(await this.context.host.read(this.context.paths.probes));
    const wanted = new Map<string, Omit<Watched, "abort" | "health">>();
    for (const [name, { health, disable }] of Object.entries(config?.uplink ?? {})) {
      const slot = slots?.assignment.slots.get(uplinkOwner(name));
      if (config === undefined || config.disable || disable || health === undefined || slot === undefined) continue;
      const state = uplinks.find((uplink) => uplink.name === name);
      const { value: mark } = arrivalMark(markField(config["mark-mask"]), slot);
      const probes = probesOf(name, health, state, mark);
      wanted.set(name, { probes, settings: healthSettings(health), interval: health.interval * 1000 });
    }
    for (const name of this.watched.keys()) if (!wanted.has(name)) this.drop(name);
    for (const [name, wish] of wanted) this.probe(name, wish, this.known.get(name));
    await this.publish();
  }

  /** Ends all probes; what is known stays in the files. */
  stop(): void {
    for (const name of [...this.watched.keys()]) this.drop(name);
  }

  private drop(name: string): void {
    const watched = this.watched.get(name);
    watched?.abort.abort();
    clearTimeout(watched?.timer);
    this.watched.delete(name);
  }

  private probe(name: string, wish: Omit<Watched, "abort" | "health">, before: UplinkHealth | undefined): void {
    const targets = wish.probes.map(({ target }) => target);
    const now = this.seconds();
    const there = this.watched.get(name);
    if (there === undefined) {
      const abort = new AbortController();
      // One listener for each target.
      setMaxListeners(0, abort.signal);
      const fresh = { ...wish, abort, health: startHealth(targets, now, before) };
      this.watched.set(name, fresh);
      void this.round(name, fresh);
      return;
    }
    // A line that just returned is asked at once, not after what is left of a long interval.
    const returned = there.probes.every(isHopeless) && !wish.probes.every(isHopeless);
    const sooner = wish.interval < there.interval;
    Object.assign(there, wish, { health: startHealth(targets, now, there.health) });
    if ((returned || sooner) && there.timer !== undefined) {
      clearTimeout(there.timer);
      void this.round(name, there);
    }
  }

  /** One probe of each target, all at once, and the next round after the interval. */
  private async round(name: string, watched: Watched): Promise<void> {
    watched.timer = undefined;
    const { host, paths } = this.context;
    const began = host.now();
    const results = await Promise.all(
      watched.probes.map(async (probe): Promise<[string, ProbeResult]> => {
        if (isHopeless(probe)) return [probe.target, { outcome: "failed", words: probe.words }];
        return [probe.target, await runProbe(host, paths.root, probe, watched.abort.signal)];
      }),
    );
    if (watched.abort.signal.aborted) return;
    const before = watched.health;
    watched.health = afterProbes(before, watched.settings, Object.fromEntries(results), this.seconds());
    const left = began + watched.interval - host.now();
    watched.timer = setTimeout(() => void this.round(name, watched), Math.max(0, left));
    if (looksDifferent(before, watched.health)) await this.publish();
    const events = healthEvents(name, before, watched.health);
    const verdict = before.verdict !== watched.health.verdict;
    if (verdict || events.length > 0) this.tell({ verdict, events });
  }

  /** Never fails: a full disk is no reason to stop probing. */
  private async publish(): Promise<void> {
    const { host, paths } = this.context;
    try {
      const there = await host.read(paths.probes);
      this.beginAnew(parseProbes(there));
      const known = new Map([...this.watched].map(([name, { health }]) => [name, health]));
      this.known = known;
      const text = renderProbes(known);
      if (known.size === 0) await host.remove(paths.probes);
      else if (there !== text) {
        await host.write(paths.probes, text);
        // The last configuration went meanwhile, and this file with it: whoever deletes takes the configuration out first.
        if ((await host.read(paths.applied)) === undefined) await host.remove(paths.probes);
      }
      const verdicts = new Map([...known].map(([name, health]) => [name, verdictOf(health)]));
      await updateLiveness(this.context, (before) => ({ ...before, health: verdicts }));
    } catch (error) {
      this.context.err(`policy-route monitor: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }

  /** The operator said `reset uplink`: he leaves a verdict there that is no verdict, and later than ours. */
  private beginAnew(there: ProbesKnown): void {
    for (const [name, watched] of this.watched) {
      const fresh = there.get(name);
      if (fresh?.verdict === "unknown" && fresh.since > watched.health.since)
        watched.health = startHealth(Object.keys(watched.health.targets), fresh.since, fresh);
    }
  }

  /** Since the epoch, with a fraction. */
  private seconds(): number {
    return this.context.host.now() / 1000;
  }
}
