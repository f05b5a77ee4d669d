import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import { renderSetCommands } from "../config/render-tree.ts";
import type { Context } from "../context.ts";
import { readRunningConfig } from "../host/config-source.ts";
import { Doubling } from "../monitor/doubling.ts";

/**
 * Milliseconds of rest before it is read, and between two readings. The engine empties the folder of the running configuration at the
 * end of each commit and fills it again, piece by piece (vyatta-cfg, commitConfig): what two readings agree on is whole.
 */
const REST = 1000;

/** Reads the router's running configuration when it has changed. It is looked at only then: asking costs two processes. */
export class RouterConfigWatch {
  private timer: NodeJS.Timeout | undefined;
  private before: string | undefined;
  private stopped = false;
  private round = 0;
  private readonly failures = new Doubling(REST, 60_000);

  /** `read` is given what was found, each time it may be another. */
  constructor(
    private readonly context: Context,
    private readonly read: (running: ConfigTree) => void,
  ) {}

  /** It changes, or may have changed. */
  changed(): void {
    if (this.stopped) return;
    this.before = undefined;
    this.later(REST);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private later(pause: number): void {
    clearTimeout(this.timer);
    const round = ++this.round;
    this.timer = setTimeout(() => void this.look(round), pause);
  }

  private async look(round: number): Promise<void> {
    const { host, env, paths } = this.context;
    let running: ConfigTree;
    try {
      running = (await readRunningConfig(host, env, paths.activeConfig)).router;
      this.failures.reset();
    } catch (error) {
      // The engine is at work, or has been taken away: said once in a while, asked again later.
      this.context.err(
        `policy-route monitor: the running configuration: ${error instanceof Error ? error.message : String(error)}\n`,
      );
      if (this.isLast(round)) this.later(this.failures.take());
      return;
    }
    // It changed while it was read.
    if (!this.isLast(round)) return;
    const text = running === EMPTY_TREE ? "" : renderSetCommands(running, () => undefined);
    if (text === this.before) this.read(running);
    else {
      this.before = text;
      this.later(REST);
    }
  }

  private isLast(round: number): boolean {
    return !this.stopped && round === this.round;
  }
}
