import type { Context } from "../context.ts";
import { type Hook, runHook } from "../host/run-hook.ts";
import { syslog } from "../host/syslog.ts";
import type { HookCall } from "../uplink/hook-call.ts";

/** Calls that may wait while a script hangs; of more, the oldest are given up. */
const WAITING = 100;

/** Calls the operator's script in the order of events, one at a time, while its owner goes on. */
export class HookQueue {
  private waiting: { readonly hook: Hook; readonly call: HookCall }[] = [];
  private working = false;
  private readonly abort = new AbortController();

  constructor(private readonly context: Context) {}

  add(hook: Hook, calls: readonly HookCall[]): void {
    this.waiting.push(...calls.map((call) => ({ hook, call })));
    const lost = this.waiting.splice(0, this.waiting.length - WAITING).length;
    if (lost > 0) {
      const text = `hook ${hook.script}: ${lost} calls given up, since it is too slow for what happens`;
      void syslog(this.context.host, hook.threshold, "warning", text);
    }
    if (!this.working) void this.work();
  }

  /** Kills what is running; nothing more is called. */
  stop(): void {
    this.waiting = [];
    this.abort.abort();
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift())
      await runHook(this.context, next.hook, [next.call], this.abort.signal);
    this.working = false;
  }
}
