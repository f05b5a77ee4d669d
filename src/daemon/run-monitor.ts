import { type Applied, readApplied } from "../applied.ts";
import type { ConfigTree } from "../config/config-tree.ts";
import type { Context } from "../context.ts";
import { recordEvents } from "../host/event-log.ts";
import { hookOf } from "../host/run-hook.ts";
import type { Level } from "../host/syslog.ts";
import type { Drift } from "../kernel/describe-drift.ts";
import type { KernelObjects } from "../kernel/kernel-objects.ts";
import { Fight } from "../monitor/fight.ts";
import { Pacer } from "../monitor/pacer.ts";
import type { Wake } from "../monitor/wake.ts";
import type { Prepared } from "../prepare.ts";
import { reconcile, type Settled } from "../reconcile.ts";
import type { PolicyEvent } from "../uplink/event.ts";
import type { GatewayReport } from "../uplink/facts.ts";
import { hookCalls } from "../uplink/hook-call.ts";
import { followHolds } from "./follow-holds.ts";
import { HookQueue } from "./hook-queue.ts";
import { withOutside } from "./outside-config.ts";
import { driftOf, tell } from "./tell-drift.ts";
import { AdvertisementWatch } from "./watch-advertisements.ts";
import { HealthWatch } from "./watch-health.ts";
import { KernelWatch } from "./watch-kernel.ts";
import { OwnFilesWatch } from "./watch-own-files.ts";
import { RouterConfigWatch } from "./watch-router-config.ts";

/** Asked of the router's CLI only when nothing is urgent: a login takes half a second. */
const LEISURE: ReadonlySet<Wake> = new Set(["start", "timer", "signal", "commit"]);

/**
 * The daemon: follows links, addresses and leases, and puts back what others change, by `reconcile()` and nothing else. It keeps
 * no state that counts: killed at any moment, hooks, commits and the kernel go on without it.
 */
export class Monitor {
  private readonly pacer: Pacer;
  private readonly fight = new Fight();
  private readonly kernel: KernelWatch;
  private readonly files: OwnFilesWatch;
  private readonly health: HealthWatch;
  private readonly hooks: HookQueue;
  private readonly routerConfig: RouterConfigWatch;
  private readonly advertisements: AdvertisementWatch;
  /** The running configuration, when it may be another than at the last look. */
  private running: ConfigTree | undefined;
  private timer: NodeJS.Timeout | undefined;
  private wakeUp: (() => void) | undefined;
  private stopped = false;
  private asked: KernelObjects | undefined;
  private fromCli: readonly GatewayReport[] = [];
  private complaints: ReadonlyMap<string, number> = new Map();
  /** Looks that have failed one after the other, and what was said of that. */
  private failures = 0;
  private failure = "";
  private threshold: Level | undefined;

  constructor(private readonly context: Context) {
    this.pacer = new Pacer(context.host.now());
    const wake = (why: Wake): void => this.wake(why);
    this.kernel = new KernelWatch(context, wake);
    this.files = new OwnFilesWatch(context, { wake, configChanged: () => this.routerConfig.changed() });
    this.hooks = new HookQueue(context);
    this.advertisements = new AdvertisementWatch(context, wake);
    this.routerConfig = new RouterConfigWatch(context, (running) => {
      this.running = running;
      this.wake("router-config");
    });
    this.health = new HealthWatch(context, ({ verdict, events }) => {
      if (verdict) this.wake("health");
      void recordEvents(context, events, this.threshold);
    });
  }

  /** Something happened, or may have. */
  wake(why: Wake): void {
    if (why === "signal") this.routerConfig.changed();
    this.pacer.note(why, this.context.host.now());
    this.wakeUp?.();
  }

  /** Ends after the look that is under way; everything stays as it is in the kernel. */
  stop(): void {
    this.stopped = true;
    this.wakeUp?.();
  }

  /** Runs until it is stopped. */
  async run(): Promise<void> {
    this.kernel.start();
    this.files.follow(undefined);
    this.pacer.note("start", this.context.host.now());
    this.routerConfig.changed();
    while (!this.stopped) {
      await this.untilDue();
      if (!this.stopped) await this.look();
    }
    this.kernel.stop();
    this.files.stop();
    this.health.stop();
    this.hooks.stop();
    this.routerConfig.stop();
    this.advertisements.stop();
  }

  private untilDue(): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        clearTimeout(this.timer);
        const left = this.pacer.due() - this.context.host.now();
        if (this.stopped || left <= 0) {
          this.wakeUp = undefined;
          resolve();
        } else this.timer = setTimeout(check, left);
      };
      this.wakeUp = check;
      check();
    });
  }

  private async look(): Promise<void> {
    const { host, paths } = this.context;
    const wakes = this.pacer.begin(host.now());
    const lost = this.kernel.takeLost();
    // Nothing applied: nothing of ours is held, and what is there is for the next commit to judge.
    if ((await host.read(paths.applied)) === undefined) {
      this.asked = undefined;
      this.kernel.follow(undefined, false);
      await this.health.follow(undefined);
      await this.advertisements.follow(undefined);
      this.files.follow(undefined);
      this.pacer.end({ kind: "nothing", complaints: false }, host.now());
      return;
    }
    const running = this.running;
    this.running = undefined;
    const leisure = wakes.some((wake) => LEISURE.has(wake));
    let drift: readonly Drift[] = [];
    let found: Prepared | undefined;
    try {
      const settled = await reconcile(this.context, {
        reason: `monitor (${wakes.join(", ")})`,
        allowSsh: leisure,
        leaveOrder: this.pacer.inTruce(),
        // What the router's CLI said holds until it is asked again.
        ...(leisure ? {} : { adjust: (facts) => ({ ...facts, gateways: [...facts.gateways, ...this.fromCli] }) }),
        ...(running === undefined ? {} : { proposed: () => this.outside(running) }),
        callHook: (hook, calls) => this.hooks.add(hook, calls),
        watch: (first) => {
          found = first;
          drift = first.plan.length === 0 ? [] : driftOf(this.asked ?? first.target, first);
        },
      });
      if (leisure) this.fromCli = settled.facts?.gateways.filter((report) => report.source === "router-cli") ?? [];
      await this.settled(settled, drift, found !== undefined && found.plan.length > 0, lost);
    } catch (error) {
      this.kernel.putBack(lost);
      // A mistake in it stays one; whatever else it was, is tried again.
      if (!(error instanceof Error && error.name === "ConfigError")) this.running ??= running;
      await this.failed(error);
    }
  }

  /** What is applied, with what others of the router say by now. Read under the lock. */
  private async outside(running: ConfigTree): Promise<Applied> {
    return await withOutside(this.context, await readApplied(this.context), running);
  }

  private async settled(
    settled: Settled,
    drift: readonly Drift[],
    changed: boolean,
    lost: ReadonlyMap<string, number>,
  ): Promise<void> {
    const now = this.context.host.now();
    this.asked = settled.target;
    this.failures = 0;
    this.failure = "";
    this.kernel.follow(settled, changed);
    this.files.follow(settled);
    this.threshold = settled.config?.["log-level"];
    await this.health.follow(settled);
    await this.advertisements.follow(settled);
    const holds = await followHolds(this.context, settled, lost);
    this.pacer.expect(holds.deadline);
    // A member that went down has to be behind the others before it is back: the kernel would not ask.
    if (holds.changed) this.pacer.note("hold", now);
    this.pacer.end({ kind: changed ? "changed" : "nothing", complaints: settled.complaints.length > 0 }, now);
    const events = [...holds.events, ...tell(drift), ...this.makeTruce(drift, now), ...this.insist(settled.complaints)];
    const hook = hookOf(settled.config);
    if (hook !== undefined) this.hooks.add(hook, hookCalls(events, [], []));
    await recordEvents(this.context, events, settled.config?.["log-level"]);
  }

  /** What may pass is told when the next look fails too: an interface that is renamed half way is no failure. */
  private async failed(error: unknown): Promise<void> {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    const passing = /^(Host|Command|Verify)Error$/.test(name);
    const known = passing || /^Config(Syntax)?Error$/.test(name);
    const text = known ? message : `Bug: please report this. ${stack ?? message}`;
    this.pacer.end({ kind: "failed" }, this.context.host.now());
    this.failures++;
    // The same error at each try is one event.
    if ((passing && this.failures === 1) || text === this.failure) return;
    this.failure = text;
    await recordEvents(this.context, [{ kind: "reconcile-failed", text }]);
  }

  /** Whoever got in front of us too often is left there for a while, if he comes again. */
  private makeTruce(drift: readonly Drift[], now: number): PolicyEvent[] {
    const culprits = new Set(drift.flatMap(({ culprit }) => culprit ?? []));
    return [...culprits].flatMap((culprit): PolicyEvent[] => {
      const truce = this.fight.met(culprit, now);
      if (truce === undefined) return [];
      this.pacer.truce(truce.pause, now);
      const text = `${culprit} gets in front of our jumps again and again; next try in ${truce.pause / 1000} s`;
      return [{ kind: "drift", text }];
    });
  }

  /** What the kernel does otherwise is told once, when the next look finds it too: a wire just cut is noticed by routing a little later. */
  private insist(complaints: readonly string[]): PolicyEvent[] {
    const seen = new Map(complaints.map((complaint) => [complaint, (this.complaints.get(complaint) ?? 0) + 1]));
    this.complaints = seen;
    return complaints.flatMap((text): PolicyEvent[] => (seen.get(text) === 2 ? [{ kind: "drift", text }] : []));
  }
}
