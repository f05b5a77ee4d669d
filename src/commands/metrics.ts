import { readSavedState } from "../applied.ts";
import { type Context, EXIT } from "../context.ts";
import { countEvents } from "../host/event-log.ts";
import { runningMonitor } from "../host/monitor-process.ts";
import { look } from "../look.ts";
import { formatMetrics } from "../show/format-metrics.ts";
import { show } from "../show/show.ts";
import { VERSION } from "../version.ts";
import { withTraffic } from "../widen.ts";

/** `show metrics`: Prometheus' text format, for the textfile collector of its node exporter. */
export async function run(context: Context): Promise<number> {
  const sight = await look(context);
  const [shown, saved, events, monitor] = await Promise.all([
    withTraffic(context, sight, show(sight)),
    readSavedState(context),
    countEvents(context),
    runningMonitor(context),
  ]);
  const measured = { version: VERSION, shown, events, monitorRunning: monitor !== undefined };
  context.out(formatMetrics({ ...measured, committed: saved?.committed, reconciled: saved?.at }));
  return EXIT.fine;
}
