import type { Config } from "../config/schema.ts";
import type { Liveness } from "./liveness.ts";

/** Why an uplink cannot be used now: its link, address or gateway; or the verdict of its probes, or the operator. */
export type Outage = "none" | "link" | "verdict";

/** What is remembered of an uplink's flaps. Times are seconds since the epoch. */
export interface FlapMemory {
  readonly outage: Outage;
  /** Times it went down, until it stayed up for FORGIVEN seconds. */
  readonly flaps: number;
  /** When the outage began or ended. */
  readonly since: number;
  /** The last outage was one of the link: then nobody else holds it down. */
  readonly byLink: boolean;
}

export interface HoldMemory {
  readonly uplinks: ReadonlyMap<string, FlapMemory>;
  /** As in Liveness. A member that is down has no time yet. */
  readonly held: Liveness["held"];
}

export interface Holds {
  readonly memory: HoldMemory;
  readonly held: Liveness["held"];
  /** Seconds since the epoch at which to ask again; `undefined`: when an uplink or the configuration changes. */
  readonly deadline: number | undefined;
}

export const NO_HOLDS: HoldMemory = { uplinks: new Map(), held: new Map() };

/** However often a line flaps, it is not kept down for longer. */
const LONGEST = 300;
/** Seconds without an outage after which a line counts as one that does not flap. */
const FORGIVEN = 300;

/** Seconds an uplink stays down after its `flaps`-th outage in a row: `hold-down`, doubled with each, at most 300 (but not less than asked for). */
export function holdDownSeconds(holdDown: number, flaps: number): number {
  if (flaps < 1) return 0;
  return Math.max(holdDown, Math.min(LONGEST, holdDown * 2 ** Math.min(flaps - 1, 16)));
}

/**
 * Which members of groups may not have traffic back. The kernel returns to a member as soon as its link does; so a member that
 * goes down is held at once, and let go when it has been up for `failback-delay`, and for the uplink's hold-down if the link was
 * what went (a verdict of probes has its own). With `failback manual` only the operator lets it go: the caller takes it out of
 * `memory.held`. The last way that works is never held back: a held member is used when no other is.
 * `outages`: of all configured uplinks; one that is not named counts as without. Pure; call it at every change and at the deadline.
 */
export function updateHolds(
  memory: HoldMemory,
  config: Pick<Config, "uplink" | "group">,
  outages: ReadonlyMap<string, Outage>,
  now: number,
): Holds {
  const uplinks = new Map(
    Object.keys(config.uplink).map((name) => [name, flapMemory(memory.uplinks.get(name), outages.get(name) ?? "none", now)]),
  );
  const held = new Map<string, ReadonlyMap<string, number | undefined>>();
  for (const [group, settings] of Object.entries(config.group)) {
    const members = new Map<string, number | undefined>();
    const before = memory.held.get(group);
    for (const name of Object.keys(settings.uplink)) {
      const flap = uplinks.get(name);
      if (flap === undefined || settings.disable) continue;
      const wait = Math.max(settings["failback-delay"], linkHoldDown(config, name, flap));
      const manual = settings.failback === "manual";
      if (flap.outage !== "none") {
        if (manual || wait > 0) members.set(name, undefined);
      } else if (before?.has(name) === true) {
        const until = flap.since + wait;
        if (manual) members.set(name, undefined);
        else if (until > now) members.set(name, until);
      }
    }
    if (members.size > 0) held.set(group, members);
  }
  const untils = [...held.values()].flatMap((members) => [...members.values()].filter((until) => until !== undefined));
  return { memory: { uplinks, held }, held, deadline: untils.length === 0 ? undefined : Math.min(...untils) };
}

function linkHoldDown({ uplink }: Pick<Config, "uplink">, name: string, { flaps, byLink }: FlapMemory): number {
  return byLink ? holdDownSeconds(uplink[name]?.health?.["hold-down"] ?? 0, flaps) : 0;
}

/** An uplink that is down when it is first seen (at boot) has not flapped: nothing has left it. */
function flapMemory(before: FlapMemory | undefined, outage: Outage, now: number): FlapMemory {
  if (before === undefined) return { outage, flaps: 0, since: now, byLink: outage === "link" };
  const isDown = outage !== "none";
  const wasDown = before.outage !== "none";
  if (isDown && wasDown) return { ...before, outage, byLink: before.byLink || outage === "link" };
  if (!isDown && !wasDown) return before;
  if (!isDown) return { ...before, outage, since: now };
  const flaps = now - before.since >= FORGIVEN ? 1 : before.flaps + 1;
  return { outage, flaps, since: now, byLink: outage === "link" };
}
