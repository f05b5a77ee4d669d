import type { Context } from "../context.ts";
import { updateLiveness } from "../host/update-liveness.ts";
import type { Prepared } from "../prepare.ts";
import type { PolicyEvent } from "../uplink/event.ts";
import type { Outage } from "../uplink/flap-memory.ts";
import { outagesOf, updateHolds } from "../uplink/hold.ts";
import type { Liveness } from "../uplink/liveness.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";

/** What came of it: whether somebody is held back who was not, or the other way round, and when to ask again (milliseconds since the epoch). */
export interface FollowedHolds {
  readonly changed: boolean;
  readonly deadline: number | undefined;
  /** Outages that were over before anybody looked. */
  readonly events: readonly PolicyEvent[];
}

/**
 * Writes down which members of groups are held back from now on, for the next reconcile. All it remembers is in that file: the
 * operator lets a member go by taking it out (`force ... failback`), and a monitor that is started again goes on where the last one was.
 * `lost`: interfaces whose link was gone at some time since the last look, and when (milliseconds since the epoch). One that is back already was an outage like
 * any other: the kernel has moved the traffic away and back.
 * @throws HostError when it cannot be written
 */
export async function followHolds(
  context: Context,
  { config, uplinks }: Pick<Prepared, "config" | "uplinks">,
  lost: ReadonlyMap<string, number>,
): Promise<FollowedHolds> {
  const wanted = config === undefined || config.disable ? { uplink: {}, group: {} } : config;
  let followed: FollowedHolds = { changed: false, deadline: undefined, events: [] };
  await updateLiveness(context, (before) => {
    const now = context.host.now() / 1000;
    const outages = outagesOf(uplinks);
    const missed = uplinks.filter((uplink) => isMissed(uplink, before, outages, lost)).map(({ name }) => name);
    const gone = new Map([...outages, ...missed.map((name) => [name, "link"] as const)]);
    const then = missed.length === 0 ? before : updateHolds(before, wanted, gone, now);
    const { deadline, flaps, held } = updateHolds(then, wanted, outages, now);
    const changed = namesOf(before.held) !== namesOf(held);
    followed = { changed, deadline: deadline === undefined ? undefined : deadline * 1000, events: missed.flatMap(tellOf) };
    return { ...before, flaps, held };
  });
  return followed;
}

/** Up at the last look and now, and not in between. The kernel says some things twice: what it said before that look is known. */
function isMissed(
  { name, interface: device }: UplinkState,
  { flaps }: Liveness,
  outages: ReadonlyMap<string, Outage>,
  lost: ReadonlyMap<string, number>,
): boolean {
  const [at, known] = [lost.get(device), flaps.get(name)];
  return at !== undefined && known?.outage === "none" && at / 1000 > known.since && outages.get(name) === "none";
}

function tellOf(uplink: string): PolicyEvent[] {
  return [
    { kind: "down", uplink, text: "link lost for a moment" },
    { kind: "up", uplink, text: "link back" },
  ];
}

/** Times alone make no difference to the kernel. */
function namesOf(held: Liveness["held"]): string {
  return JSON.stringify([...held].map(([group, members]) => [group, ...members.keys()]));
}
