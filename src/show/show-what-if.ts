import type { Change } from "./imagine.ts";
import type { Shown, ShownGroup, ShownRule, ShownUplink, Way } from "./model.ts";
import { forcedEnd } from "./words.ts";

interface Ways {
  readonly ipv4?: Way;
  readonly ipv6?: Way;
}

/** The JSON of `what-if`. A family is absent where the rule can match nothing. */
export interface WhatIf {
  readonly version: 1;
  readonly changes: readonly Change[];
  readonly uplinks: readonly {
    readonly name: string;
    readonly now: ShownUplink["state"];
    readonly after: ShownUplink["state"];
  }[];
  readonly groups: readonly { readonly name: string; readonly now: Ways; readonly after: Ways }[];
  readonly rules: readonly (Pick<ShownRule, "number" | "disabled" | "traffic" | "matches" | "target"> & {
    readonly now: Ways;
    readonly after: Ways;
  })[];
  /** What is not in the ways: who goes with whom, what stays down and why, who waits for its traffic. */
  readonly notes: readonly string[];
}

/** Two pictures of one router side by side. `at`: seconds since the epoch. */
export function showWhatIf(before: Shown, after: Shown, changes: readonly Change[], at: number): WhatIf {
  const pairs = <T>(some: readonly T[] = [], others: readonly T[] = []) => some.map((one, i) => [one, others[i] ?? one] as const);
  const uplinks = pairs(before.uplinks, after.uplinks);
  return {
    version: 1,
    changes,
    uplinks: uplinks.map(([{ name, state }, changed]) => ({ name, now: state, after: changed.state })),
    groups: pairs(before.groups, after.groups).map(([{ name, now }, changed]) => ({ name, now, after: changed.now })),
    rules: pairs(before.rules, after.rules).map(([{ number, disabled, traffic, matches, target, now }, changed]) => ({
      number,
      disabled,
      traffic,
      matches,
      target,
      now,
      after: changed.now,
    })),
    notes: [...uplinks.flatMap(([one, changed]) => uplinkNotes(one, changed, changes)), ...heldNotes(after.groups ?? [], at)],
  };
}

function uplinkNotes(before: ShownUplink, after: ShownUplink, changes: readonly Change[]): string[] {
  const change = changes.find(({ uplink }) => uplink === before.name);
  if (change === undefined) {
    if (before.state === after.state) return [];
    return [`uplink ${before.name} is on ${before.interface} too, and goes ${after.state} with it`];
  }
  if (change.to === after.state) return change.to === before.state ? [`uplink ${before.name} is ${before.state} now`] : [];
  return [`uplink ${before.name} would still be ${after.state}: ${after.why ?? "nothing is known about it"}${forcedEnd(after)}`];
}

function heldNotes(groups: readonly ShownGroup[], at: number): string[] {
  return groups.flatMap(({ name, members }) =>
    members.flatMap(({ uplink, state, heldUntil }) => {
      if (state !== "held") return [];
      const until =
        heldUntil === undefined
          ? `until "force policy-route group ${name} failback"`
          : `for ${Math.max(1, Math.ceil(heldUntil - at))} s`;
      return [`group ${name}: ${uplink} is up, and held back ${until}`];
    }),
  );
}
