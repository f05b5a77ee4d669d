import type { ChildProcess } from "node:child_process";
import type { LoggedEvent } from "../../src/uplink/event.ts";
import { until } from "./lab-wait.ts";
import { kill } from "./lab-world.ts";
import { type Namespace, ROOT } from "./namespace.ts";

/** `policy-route monitor` in a namespace. */
export interface RunningMonitor {
  /** What it and the reconciles of others wrote down so far, oldest first. */
  events(): Promise<readonly LoggedEvent[]>;
  /** Its process number, as seen inside the namespace. */
  readonly pid: number;
  readonly child: ChildProcess;
  /** Standard error so far. */
  said(): string;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
}

const RUNNING = 'pid=$(cat "$1") && grep -q monitor /proc/$pid/cmdline && echo $pid';

/** Starts it, and waits until it listens and has looked once. `run`: the program's folder below /run, as `router` sees it. */
export async function startMonitor(
  router: Pick<Namespace, "daemon" | "exec" | "sh">,
  run = `${ROOT}/run/policy-route`,
): Promise<RunningMonitor> {
  const child = router.daemon(["monitor"]);
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  const pid = await until(
    "the monitor to start",
    // One that was killed leaves its number behind.
    async () => Number((await router.exec(["sh", "-c", RUNNING, "running", `${run}/monitor.pid`])).stdout) || undefined,
    { last: () => said },
  );
  // Most of them are short-lived: one that has ended meanwhile is no error.
  const children = () =>
    router.sh(
      `cat /proc/${pid}/task/${pid}/children; for c in $(cat /proc/${pid}/task/${pid}/children); do { tr '\\0' ' ' < /proc/$c/cmdline; } 2>/dev/null || true; done`,
    );
  await until("the monitor to listen", async () => /ip -o monitor/.test(await children()), { last: () => said });
  return {
    pid,
    child,
    said: () => said,
    events: async () => {
      const text = (await router.exec(["cat", `${run}/events.jsonl`])).stdout;
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as LoggedEvent);
    },
    async stop() {
      kill(child, "SIGTERM");
      await until("the monitor to end", () => child.exitCode !== null || child.signalCode !== null);
      return child.exitCode;
    },
  };
}
