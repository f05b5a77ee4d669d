import { setFlagsFromString } from "node:v8";
import { type Context, EXIT } from "../context.ts";
import { Monitor } from "../daemon/run-monitor.ts";
import { becomeTheMonitor } from "../host/monitor-process.ts";
import { onSignals } from "../host/on-signals.ts";

/** `policy-route monitor`: runs in the foreground until SIGTERM or SIGINT; the kernel keeps what it has. */
export async function run(context: Context): Promise<number> {
  // A daemon that is at rest most of the time: where V8 puts new objects stays small, and 100,000 events need 20 MB less.
  setFlagsFromString("--semi-space-growth-factor=1");
  const release = await becomeTheMonitor(context);
  const monitor = new Monitor(context);
  const silence = onSignals(
    () => monitor.wake("signal"),
    () => monitor.stop(),
  );
  try {
    await monitor.run();
  } finally {
    silence();
    release();
  }
  return EXIT.fine;
}
