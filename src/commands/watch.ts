import { type Context, EXIT } from "../context.ts";
import { isScreen, LiveScreen } from "../host/live-screen.ts";
import { onSignals } from "../host/on-signals.ts";
import { Watch } from "../run-watch.ts";
import { clock } from "../show/format-events.ts";
import { stateLine } from "../show/words.ts";
import { eventLine } from "../watch/event-line.ts";
import { formatScreen } from "../watch/format-screen.ts";
import { paint } from "../watch/paint.ts";
import { stateLines } from "../watch/state-lines.ts";

const NO_MONITOR = 'The monitor does not run ("restart policy-route" starts it): a look every 10 s';

/** `policy-route watch`: what happens, live, until q, Ctrl-C or SIGTERM. Reads only. */
export async function run(context: Context): Promise<number> {
  if (isScreen(context.env)) await watchOnScreen(context);
  else await watchInLines(context);
  return EXIT.fine;
}

/** A screen that is drawn anew each second. */
async function watchOnScreen(context: Context): Promise<void> {
  const colours = (context.env["NO_COLOR"] ?? "") === "";
  const draw = (): void => {
    if (watch.last === undefined) return;
    const { columns, rows } = screen.size();
    const now = new Date(context.host.now());
    const notes = [
      ...(watch.monitor === undefined ? [NO_MONITOR] : []),
      ...(watch.complaint === undefined ? [] : [`The last look failed: ${watch.complaint}`]),
    ];
    const view = {
      shown: watch.last.shown,
      links: watch.links,
      rules: watch.rules,
      events: watch.events,
      notes,
      clock: clock(now.getTime()).slice(0, 8),
    };
    // Some terminals wrap, or forget the last character, where a line is as wide as they are.
    screen.draw(formatScreen(view, columns - 1, rows).map((line) => paint(line, colours)));
  };
  const screen = new LiveScreen(() => watch.stop(), draw);
  const watch = new Watch(context, {
    event: () => {},
    changed: () => {
      if (!opened) screen.open();
      opened = true;
      draw();
    },
  });
  let opened = false;
  const stop = (): void => watch.stop();
  const silence = onSignals(stop, stop);
  try {
    await watch.run();
  } finally {
    screen.close();
    silence();
  }
}

/** A line for each event, after a few that say how things are. */
async function watchInLines(context: Context): Promise<void> {
  let isFirst = true;
  let complaint: string | undefined;
  const watch = new Watch(context, {
    event: (event) => context.out(`${eventLine(event)}\n`),
    changed: () => {
      if (watch.complaint !== complaint && watch.complaint !== undefined) context.err(`${watch.complaint}\n`);
      complaint = watch.complaint;
      if (!isFirst || watch.last === undefined) return;
      isFirst = false;
      context.out(stateLine(watch.last.shown));
      for (const line of stateLines(watch.last.shown)) context.out(`${line}\n`);
      if (watch.monitor === undefined) context.out(`${NO_MONITOR}\n`);
    },
  });
  const stop = (): void => watch.stop();
  const silence = onSignals(stop, stop);
  try {
    await watch.run();
  } finally {
    silence();
  }
}
