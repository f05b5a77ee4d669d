import type { Shown } from "../show/model.ts";
import { waysWords } from "../show/words.ts";
import type { PolicyEvent } from "../uplink/event.ts";
import { uplinkEvents } from "../uplink/uplink-events.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";

/** What one look found. */
export interface Look {
  readonly uplinks: readonly UplinkState[];
  readonly shown: Shown;
}

/** What happened to uplinks and groups between two looks, in the words in which the monitor would write it down. */
export function stateChanges(before: Look, now: Look): readonly PolicyEvent[] {
  const former = new Map((before.shown.groups ?? []).map((group) => [group.name, waysWords(group.now)]));
  const groups = (now.shown.groups ?? []).flatMap((group): PolicyEvent[] => {
    const [old, words] = [former.get(group.name), waysWords(group.now)];
    return old === undefined || old === words
      ? []
      : [{ group: group.name, kind: "group", text: `${old} -> ${words}`.replaceAll("\n", ", ") }];
  });
  return [...uplinkEvents(before.uplinks, now.uplinks), ...groups];
}

/** Whether an event tells the same as one that was written down. */
export function sameEvent(a: PolicyEvent, b: PolicyEvent): boolean {
  return a.kind === b.kind && a.text === b.text && (a.group ?? a.uplink) === (b.group ?? b.uplink);
}
