import { savedLines } from "../monitor/saved-lines.ts";
import type { Family } from "../net/address.ts";
import type { Host } from "./host.ts";

/** iptables-legacy sends no events: milliseconds between two looks. */
const INTERVAL = 1000;

/** Looks at iptables each second, and calls `changed` when rules that matter to us differ from the look before, or at the first. */
export class TablePoll {
  private timer: NodeJS.Timeout | undefined;
  private last: string | undefined;

  constructor(
    private readonly host: Host,
    private readonly changed: () => void,
  ) {}

  /** Starts, or goes on. */
  start(families: readonly Family[]): void {
    this.timer ??= setTimeout(() => void this.look(families), INTERVAL);
  }

  /** What was seen so far is forgotten, a look that is under way included. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.last = undefined;
  }

  private async look(families: readonly Family[]): Promise<void> {
    const started = this.timer;
    const saves = await Promise.all(
      families.map((family) => this.host.run([family === "ipv4" ? "iptables-save" : "ip6tables-save"])),
    );
    if (this.timer !== started) return;
    this.timer = undefined;
    this.start(families);
    const now = saves.map(({ stdout }) => savedLines(stdout)).join("\n");
    if (now === this.last) return;
    this.last = now;
    this.changed();
  }
}
