import type { Config } from "../config/schema.ts";
import { FAMILIES } from "../net/address.ts";
import type { FlapMemory, Outage } from "./flap-memory.ts";
import type { Liveness } from "./liveness.ts";
import type { UplinkState } from "./uplink-state.ts";

/** What is remembered from one call to the next. */
export type HoldMemory = Pick<Liveness, "flaps" | "held">;

export interface Holds extends HoldMemory {
  /** Seconds since the epoch at which to ask again; `undefined`: when an uplink or the configuration changes. */
  readonly deadline: number | undefined;
}

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
 * what went (a verdict of probes has its own). With `failback manual` only the operator lets it go, who takes it out of
 * `memory.held`; but one that has never been up has not left anybody, and comes up by itself. The last way that works is never
 * held back: a held member is used when no other is.
 * `outages`: of all configured uplinks; one that is not named counts as without. Pure; call it at every change and at the deadline.
 */
export function updateHolds(
  memory: HoldMemory,
  config: Pick<Config, "uplink" | "group">,
  outages: ReadonlyMap<string, Outage>,
  now: number,
): Holds {
  const names = new Set(Object.values(config.group).flatMap((group) => Object.keys(group.uplink)));
  const flaps = new Map([...names].map((name) => [name, flapMemory(memory.flaps.get(name), outages.get(name) ?? "none", now)]));
  const held = new Map<string, ReadonlyMap<string, number | undefined>>();
  for (const [group, settings] of Object.entries(config.group)) {
    const members = new Map<string, number | undefined>();
    const before = memory.held.get(group);
    for (const name of Object.keys(settings.uplink)) {
      const flap = flaps.get(name);
      if (flap === undefined || settings.disable) continue;
      const wait = Math.max(settings["failback-delay"], linkHoldDown(config, name, flap));
      const manual = settings.failback === "manual";
      if (flap.outage !== "none") {
        if (manual ? flap.flaps > 0 : wait > 0) members.set(name, undefined);
      } else if (before?.has(name) === true) {
        // A whole second: no fact is known more exactly, and at the deadline it has to be over.
        const until = Math.ceil(flap.since + wait);
        if (manual) members.set(name, undefined);
        else if (until > now) members.set(name, until);
      }
    }
    if (members.size > 0) held.set(group, members);
  }
  const untils = [...held.values()].flatMap((members) => [...members.values()].filter((until) => until !== undefined));
  return { flaps, held, deadline: untils.length === 0 ? undefined : Math.min(...untils) };
}

/** What keeps each of them from being used, if anything: the link with all that hangs on it comes before the verdict. */
export function outagesOf(uplinks: readonly UplinkState[]): ReadonlyMap<string, Outage> {
  return new Map(uplinks.map((uplink) => [uplink.name, outageOf(uplink)]));
}

function outageOf({ link, routes, objection }: UplinkState): Outage {
  if (link !== "up" || FAMILIES.every((family) => routes[family].kind === "none")) return "link";
  return objection === undefined ? "none" : "verdict";
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
