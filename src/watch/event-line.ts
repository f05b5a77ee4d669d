import { clock, day } from "../show/format-events.ts";
import { plain } from "../show/plain.ts";
import type { LoggedEvent } from "../uplink/event.ts";

/** `2026-11-20 11:40:02.113 dsl down: no carrier`, in the operator's time zone: one line, whatever the text is. */
export function eventLine({ at, uplink, group, kind, text }: LoggedEvent): string {
  const who = group ?? uplink;
  return `${day(at)} ${clock(at)} ${who === undefined ? "" : `${who} `}${kind}: ${plain(text.replace(/\s*\n\s*/g, "; "))}`;
}
