import type { Context } from "../context.ts";
import { type StopWatching, watchLines } from "../host/watch-lines.ts";
import { TablePoll } from "../host/watch-tables.ts";
import { Doubling } from "../monitor/doubling.ts";
import { IP_OBJECTS, ipEvent, lostLink } from "../monitor/ip-event.ts";
import { nftEvent } from "../monitor/nft-event.ts";
import type { Wake } from "../monitor/wake.ts";
import { FAMILIES } from "../net/address.ts";
import type { Settled } from "../reconcile.ts";

/** Milliseconds after which a watcher that ended is started again; doubles up to the second. */
const RESTART = [1000, 60_000] as const;

/** What the kernel says of links, addresses, ip rules and nftables; iptables-legacy says nothing and is asked. */
export class KernelWatch {
  private readonly watchers = new Map<string, StopWatching>();
  private readonly restarts: Set<NodeJS.Timeout> = new Set();
  private readonly poll: TablePoll;
  private nftEvents = true;
  private lost = new Map<string, number>();

  /** `wake` is called for each event, and when some may have been lost. */
  constructor(
    private readonly context: Context,
    private readonly wake: (why: Wake) => void,
  ) {
    this.poll = new TablePoll(context.host, () => wake("tables"));
  }

  /**
   * Interfaces whose link was gone at some time since the last call, and when (milliseconds since the epoch). It may be back by now: an
   * outage can be over before anybody has looked.
   */
  takeLost(): ReadonlyMap<string, number> {
    const lost = this.lost;
    this.lost = new Map();
    return lost;
  }

  /** Those of a look that failed are for the next. */
  putBack(lost: ReadonlyMap<string, number>): void {
    this.lost = new Map([...lost, ...this.lost]);
  }

  start(): void {
    this.listenTo("ip", ["ip", "-o", "monitor", "label", ...IP_OBJECTS], ipEvent);
    this.listenTo("nft", ["nft", "monitor", "ruleset"], nftEvent);
  }

  /**
   * iptables is looked at each second where it sends no events; not where nothing of ours is in it. `changed`: what was seen last was
   * put right; it is forgotten, so that somebody who brings it back before the next time is seen.
   */
  follow(settled: Pick<Settled, "target" | "frontEnd" | "facts"> | undefined, changed: boolean): void {
    if (changed) this.poll.stop();
    if (settled !== undefined && settled.target.jumps.length > 0 && (settled.frontEnd !== "nft" || !this.nftEvents))
      this.poll.start(settled.facts?.families ?? FAMILIES);
    else this.poll.stop();
  }

  stop(): void {
    for (const stop of this.watchers.values()) stop();
    for (const restart of this.restarts) clearTimeout(restart);
    this.poll.stop();
  }

  /** Starts one watcher, and again when it ends: what it missed is found by a look. Not installed, it is not needed either. */
  private listenTo(
    name: "ip" | "nft",
    argv: readonly string[],
    parse: (line: string) => Wake | undefined,
    pause = new Doubling(...RESTART),
  ): void {
    if (name === "nft") this.nftEvents = true;
    const line = (text: string): void => {
      const wake = parse(text);
      pause.reset();
      const lost = wake === "link" ? lostLink(text) : undefined;
      if (lost !== undefined) this.lost.set(lost, this.context.host.now());
      if (wake !== undefined) this.wake(wake);
    };
    const ended = (why: string, missing: boolean): void => {
      if (name === "nft") this.nftEvents = false;
      this.watchers.delete(name);
      this.wake("overflow");
      if (missing) return;
      this.context.err(`policy-route monitor: ${why}; started again\n`);
      const restart = setTimeout(() => {
        this.restarts.delete(restart);
        this.listenTo(name, argv, parse, pause);
        this.wake("overflow");
      }, pause.take());
      this.restarts.add(restart);
    };
    this.watchers.set(name, watchLines(argv, this.context.env, { line, ended }));
  }
}
