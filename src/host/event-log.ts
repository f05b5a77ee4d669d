import { appendFileSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Context } from "../context.ts";
import { EVENT_KINDS, type EventKind, type LoggedEvent, type PolicyEvent } from "../uplink/event.ts";
import { failureWords } from "./failure-words.ts";
import { makeFolder } from "./make-folder.ts";
import { type Level, reaches } from "./syslog.ts";

/** Bytes after which a new file is begun; the one before it is kept, so that there are never more than two of them. */
const FULL = 256 * 1024;

const LEVEL: Readonly<Record<EventKind, Level>> = {
  up: "notice",
  down: "warning",
  gateway: "notice",
  address: "notice",
  drift: "warning",
  group: "notice",
  health: "notice",
  forced: "notice",
  "reconcile-failed": "err",
};

/** RFC 5424: facility daemon (3), and the severities in use. */
const PRIORITY: Readonly<Record<Level, number>> = { debug: 31, info: 30, notice: 29, warning: 28, err: 27 };

/**
 * Writes down what happened, in the event log and in syslog (from the operator's `log-level` on): a line each. Never fails:
 * that something cannot be noted must not keep packets from their way.
 */
export async function recordEvents(
  { host, paths }: Pick<Context, "host" | "paths">,
  events: readonly PolicyEvent[],
  threshold: Level = "info",
): Promise<void> {
  if (events.length === 0) return;
  const at = host.now();
  const logged = events.map((event): LoggedEvent => ({ at, ...event, text: event.text.replaceAll(/\s*\n\s*/g, "; ") }));
  const problem = append(paths.events, logged.map((event) => `${JSON.stringify(event)}\n`).join(""));
  const lines = logged
    .filter((event) => reaches(threshold, LEVEL[event.kind]))
    .map((event) => `<${PRIORITY[LEVEL[event.kind]]}>${formatEvent(event)}${problem}\n`);
  if (lines.length === 0) return;
  await host.run(["logger", "--tag", "policy-route", "--prio-prefix"], { stdin: lines.join(""), timeout: 2000 });
}

/** One event, as `recordEvents`. */
export async function recordEvent(
  context: Pick<Context, "host" | "paths">,
  event: PolicyEvent,
  threshold: Level = "info",
): Promise<void> {
  await recordEvents(context, [event], threshold);
}

/** `dsl gateway: 198.51.100.1 -> 198.51.100.254 (dhcp-hook)`, `group web: dsl -> lte` */
function formatEvent({ uplink, group, kind, text }: PolicyEvent): string {
  if (kind === "group") return `group ${group}: ${text}`;
  const who = uplink ?? group;
  return `${who === undefined ? "" : `${who} `}${kind}: ${text}`;
}

/** How many events of each kind there have been since boot: a new file begins with the numbers of what was in those before it. */
export type EventCounts = Readonly<Record<EventKind, number>>;

export async function countEvents({ host, paths }: Pick<Context, "host" | "paths">): Promise<EventCounts> {
  return countLines((await host.read(paths.events)) ?? "");
}

function countLines(text: string): EventCounts {
  const [first = "", ...lines] = text.split("\n");
  const counts = Object.fromEntries(EVENT_KINDS.map((kind) => [kind, countsOf(first)?.[kind] ?? 0])) as Record<EventKind, number>;
  for (const { kind } of [first, ...lines].flatMap(parseEventLine)) counts[kind]++;
  return counts;
}

function countsOf(line: string): Partial<EventCounts> | undefined {
  try {
    return (JSON.parse(line) as { readonly before?: Partial<EventCounts> }).before;
  } catch {
    return undefined;
  }
}

/** O_APPEND: lines of two processes do not mix. Gives words about what failed, for syslog. */
function append(file: string, lines: string): string {
  try {
    makeFolder(dirname(file));
    const there = statSync(file, { throwIfNoEntry: false });
    let head = "";
    if (there !== undefined && there.size >= FULL) {
      head = `${JSON.stringify({ before: countLines(readFileSync(file, "utf8")) })}\n`;
      renameSync(file, `${file}.1`);
    }
    appendFileSync(file, head + lines, { mode: 0o644 });
    return "";
  } catch (error) {
    return ` (not in ${file}: ${failureWords(error)})`;
  }
}

/** Everything that is kept, oldest first. Lines that were cut off by a crash are left out. */
export async function readEvents({ host, paths }: Pick<Context, "host" | "paths">): Promise<readonly LoggedEvent[]> {
  const texts = [await host.read(`${paths.events}.1`), await host.read(paths.events)];
  return texts.flatMap((text) => (text ?? "").split("\n").flatMap(parseEventLine));
}

/** A line of the log; none for one that was cut off. */
export function parseEventLine(line: string): LoggedEvent[] {
  if (line === "") return [];
  try {
    const value = JSON.parse(line) as Partial<LoggedEvent>;
    const whole =
      typeof value.at === "number" && typeof value.text === "string" && EVENT_KINDS.some((kind) => kind === value.kind);
    return whole ? [value as LoggedEvent] : [];
  } catch {
    return [];
  }
}
