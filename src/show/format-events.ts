import type { LoggedEvent } from "../uplink/event.ts";
import { formatTable } from "./columns.ts";

/**
 * Events under each other, oldest first, times in the operator's time zone: `11:40:02.113 lte  down  no carrier`. The day stands
 * in front where not all are of `now`'s.
 */
export function formatEvents(events: readonly LoggedEvent[], now: number): string {
  if (events.length === 0) return "Nothing has happened since the last start\n";
  const today = day(now);
  const dated = events.some((event) => day(event.at) !== today);
  const rows = events.map((event) => [
    `${dated ? `${day(event.at)} ` : ""}${clock(event.at)}`,
    event.group ?? event.uplink ?? "",
    event.kind,
    event.text,
  ]);
  return formatTable([{ title: "Time" }, { title: "Who" }, { title: "Event" }, { title: "What", flexible: true }], rows);
}

/** `2026-11-20` */
export function day(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `11:40:02.113` */
export function clock(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${`${date.getMilliseconds()}`.padStart(3, "0")}`;
}

function two(number: number): string {
  return `${number}`.padStart(2, "0");
}
