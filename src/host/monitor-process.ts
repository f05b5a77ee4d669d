import type { Context } from "../context.ts";
import { failureWords } from "./failure-words.ts";
import { HostError } from "./host.ts";
import { type Release, takeLock } from "./lock.ts";

/** Of Debian's and the routers' init; the unit is in debian/. */
const UNIT = "policy-route-monitor.service";

/** Milliseconds a monitor has to end after SIGTERM: as long as a commit may take that it is in the middle of. */
const PATIENCE = 20_000;

/** One monitor per root. @throws HostError when another one runs */
export async function becomeTheMonitor({ host, paths }: Context): Promise<Release> {
  let release: Release;
  try {
    release = await takeLock(paths.monitorLock, 0);
  } catch (error) {
    const pid = await runningMonitor({ host, paths });
    throw pid === undefined ? error : new HostError(`policy-route monitor is running already (process ${pid})`);
  }
  await host.write(paths.monitorPid, `${process.pid}\n`);
  return () => {
    void host.remove(paths.monitorPid);
    release();
  };
}

/** Process number of the monitor that runs, as far as one can see from here. */
export async function runningMonitor({ host, paths }: Pick<Context, "host" | "paths">): Promise<number | undefined> {
  const pid = Number(((await host.read(paths.monitorPid)) ?? "").trim());
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  // A number that belongs to somebody else by now is no monitor.
  const words = ((await host.read(`/proc/${pid}/cmdline`).catch(() => undefined)) ?? "").split("\0");
  return words.includes("monitor") && words.some((word) => word.includes("policy-route")) ? pid : undefined;
}

/**
 * After a commit: the monitor runs when something is configured, and does not when nothing is. Only systemd is asked to, and only
 * on the machine itself: below another root (labs, the embedded session) nobody starts daemons unasked.
 */
export async function superviseMonitor(context: Context, configured: boolean): Promise<void> {
  const { host, paths } = context;
  if (paths.root !== "" || !(await host.list("/run/systemd")).includes("system")) return;
  if (((await runningMonitor(context)) !== undefined) === configured) return;
  await host.run(["systemctl", "--no-block", configured ? "start" : "stop", UNIT]);
}

/** Ends the monitor, whoever started it, and waits for that. */
export async function stopMonitor(context: Context): Promise<void> {
  await superviseMonitor(context, false);
  const pid = await runningMonitor(context);
  if (pid === undefined) return;
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
    throw new HostError(`cannot stop policy-route monitor (process ${pid}): ${failureWords(error)}`);
  }
  const end = context.host.now() + PATIENCE;
  while ((await runningMonitor(context)) !== undefined) {
    if (context.host.now() > end) throw new HostError(`policy-route monitor (process ${pid}) does not end`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
