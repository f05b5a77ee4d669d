import { type Context, EXIT, OperatorError } from "../context.ts";
import { readEvents } from "../host/event-log.ts";
import { runningMonitor } from "../host/monitor-process.ts";
import { formatEvents } from "../show/format-events.ts";

/** So many are shown when no number is given. */
const SOME = 20;

/** `show events [COUNT]` and `show log`, which is all that is kept. Needs no more than reading a file. */
export async function run(
  context: Context,
  view: "events" | "log",
  count: string | undefined,
  options: { readonly json?: boolean },
): Promise<number> {
  if (view === "log" && count !== undefined)
    throw new OperatorError('show log takes no further word; for the last ones "show events COUNT"');
  if (count !== undefined && !/^[1-9]\d{0,5}$/.test(count))
    throw new OperatorError(`show events: "${count}" is not a number of events, 1-999999`);
  const all = await readEvents(context);
  const events = view === "log" ? all : all.slice(-Number(count ?? SOME));
  if (options.json === true) context.out(`${JSON.stringify({ version: 1, events }, undefined, 2)}\n`);
  else context.out(formatEvents(events, context.host.now()) + (await blindWords(context)));
  return EXIT.fine;
}

/** Without the monitor nobody sees what happens between two commits: an empty list does not say that nothing did. */
async function blindWords(context: Context): Promise<string> {
  const { host, paths } = context;
  if ((await host.read(paths.applied)) === undefined || (await runningMonitor(context)) !== undefined) return "";
  return 'policy-route monitor is not running: what happens between commits is not seen\n"restart policy-route" starts it, without systemd "policy-route monitor"\n';
}
