import type { Context } from "./context.ts";
import { readEvents } from "./host/event-log.ts";
import { EventTail } from "./host/event-tail.ts";
import { runningMonitor } from "./host/monitor-process.ts";
import { FileWatches } from "./host/watch-files.ts";
import { type StopWatching, watchLines } from "./host/watch-lines.ts";
import { look } from "./look.ts";
import { show } from "./show/show.ts";
import type { LoggedEvent } from "./uplink/event.ts";
import { type LinkCounters, linkRate, parseLinkCounters } from "./watch/link-counters.ts";
import { ruleRates } from "./watch/rule-rates.ts";
import { type Look, sameEvent, stateChanges } from "./watch/state-changes.ts";

/** Milliseconds between two readings of counters and files. */
const TICK = 1000;
/** Milliseconds between two looks at the kernel when nothing says that something changed, and the least there are. */
const REGULAR = 10_000;
const LEAST = 2000;
/** Events that are kept for the screen. */
const KEPT = 200;
/** Milliseconds within which the same event from the log and from our own looking is one. */
const SAME = 15_000;

/** Whom the watch tells. */
export interface Watcher {
  /** Something happened. */
  readonly event: (event: LoggedEvent) => void;
  /** There are new numbers: once a second, and when something happened. */
  readonly changed: () => void;
}

interface Sample {
  readonly at: number;
  readonly links: ReadonlyMap<string, LinkCounters>;
}

/**
 * Follows what happens: the event log and the files of /run/policy-route (inotify), links (`ip monitor`), and each second the kernel's
 * counters of links. The kernel's rules are looked at when one of these says so, and every ten seconds. Changes nothing.
 */
export class Watch {
  /** What is known now. */
  last: Look | undefined;
  /** Per second: by interface, and by number of the rule. */
  links: ReadonlyMap<string, LinkCounters> = new Map();
  rules: ReadonlyMap<string, number> = new Map();
  events: readonly LoggedEvent[] = [];
  /** Process number of the monitor. */
  monitor: number | undefined;
  /** Why the last look failed. */
  complaint: string | undefined;

  /** Events that we found out ourselves, not the log. */
  private readonly own = new WeakSet<LoggedEvent>();
  private tail: EventTail | undefined;
  private sample: Sample | undefined;
  private lastLook = 0;
  private lookedAtRules = 0;
  private isDue = false;
  private busy: Promise<void> = Promise.resolve();
  private isQuiet = true;
  private stopped = false;
  private wakeUp: () => void = () => {};
  private readonly files = new FileWatches((_, name) => {
    if (name.startsWith("events.jsonl")) this.wakeUp();
    else if (!name.includes("lock")) this.isDue = true;
  });
  private stopLinks: StopWatching = () => {};

  constructor(
    private readonly context: Context,
    private readonly watcher: Watcher,
  ) {}

  /** Runs until `stop`. @throws when not even the first look works */
  async run(): Promise<void> {
    const { context } = this;
    this.tail = await EventTail.follow(context.paths.events);
    this.events = (await readEvents(context)).slice(-KEPT);
    await this.lookOnce();
    this.watcher.changed();
    this.stopLinks = watchLines(["ip", "-o", "monitor", "link"], context.env, {
      line: () => {
        this.isDue = true;
      },
      // Without it changes are seen at the next regular look.
      ended: () => {},
    });
    try {
      while (!this.stopped) {
        await this.tick();
        await this.pause();
      }
    } finally {
      this.stopLinks();
      this.files.listen([]);
      await this.busy;
      await this.tail.close();
    }
  }

  stop(): void {
    this.stopped = true;
    this.wakeUp();
  }

  private async tick(): Promise<void> {
    this.files.listen([{ path: this.context.paths.run, of: "" }]);
    this.monitor = await runningMonitor(this.context);
    for (const event of (await this.tail?.read()) ?? []) this.take(event, true);
    await this.count();
    const since = this.context.host.now() - this.lastLook;
    if (this.isQuiet && (since >= REGULAR || (this.isDue && since >= LEAST))) {
      this.isQuiet = false;
      this.busy = this.lookOnce()
        .catch((error: unknown) => {
          this.complaint = error instanceof Error ? error.message : String(error);
        })
        .finally(() => {
          this.isQuiet = true;
          if (!this.stopped) this.watcher.changed();
        });
    }
    if (!this.stopped) this.watcher.changed();
  }

  private async pause(): Promise<void> {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, TICK);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async count(): Promise<void> {
    const at = this.context.host.now();
    if (this.sample !== undefined && at - this.sample.at < TICK / 2) return;
    const now = parseLinkCounters((await this.context.host.read("/proc/net/dev")) ?? "");
    const before = this.sample;
    this.sample = { at, links: now };
    if (before === undefined) return;
    const seconds = (at - before.at) / 1000;
    const rates = [...now].map(([name, counters]) => [name, linkRate(before.links.get(name), counters, seconds)] as const);
    this.links = new Map(rates.flatMap(([name, rate]) => (rate === undefined ? [] : [[name, rate] as const])));
  }

  private async lookOnce(): Promise<void> {
    this.isDue = false;
    this.monitor = await runningMonitor(this.context);
    const at = this.context.host.now();
    this.lastLook = at;
    const sight = await look(this.context);
    const now: Look = { uplinks: sight.uplinks, shown: show(sight) };
    const before = this.last;
    this.last = now;
    this.complaint = undefined;
    if (before === undefined) {
      this.lookedAtRules = at;
      return;
    }
    const seconds = (at - this.lookedAtRules) / 1000;
    const [former, rules] = [before.shown.rules ?? [], now.shown.rules ?? []];
    this.rules = ruleRates(former, rules, seconds);
    this.lookedAtRules = at;
    // Where the monitor runs it writes down what happens, in more words than can be seen from here.
    if (this.monitor !== undefined) return;
    for (const event of stateChanges(before, now)) this.take({ at: this.context.host.now(), ...event }, false);
  }

  /** A commit writes down what we see for ourselves too: that is told once, whoever was first. */
  private take(event: LoggedEvent, logged: boolean): void {
    if (logged) this.isDue = true;
    else this.own.add(event);
    const twin = (other: LoggedEvent): boolean =>
      this.own.has(other) === logged && Math.abs(event.at - other.at) < SAME && sameEvent(event, other);
    if (this.events.some(twin)) return;
    this.events = [...this.events, event].slice(-KEPT);
    this.watcher.event(event);
  }
}
