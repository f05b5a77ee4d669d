import { outagesOf } from "./hold.ts";
import type { UplinkState } from "./uplink-state.ts";

/** In which state an uplink is, and since when (seconds since the epoch), as far as a reconcile has seen it. */
export interface Since {
  readonly up: boolean;
  readonly at: number;
}

export type SinceByUplink = Readonly<Record<string, Since>>;

/** Goes on from what was known: a state that is still the same began when it began. */
export function sinceOf(before: SinceByUplink, uplinks: readonly UplinkState[], now: number): SinceByUplink {
  return Object.fromEntries(
    [...outagesOf(uplinks)].map(([name, outage]) => {
      const up = outage === "none";
      const known = Object.hasOwn(before, name) ? before[name] : undefined;
      return [name, known?.up === up ? known : { up, at: now }];
    }),
  );
}
