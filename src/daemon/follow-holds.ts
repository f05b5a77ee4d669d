import type { Context } from "../context.ts";
import { updateLiveness } from "../host/update-liveness.ts";
import type { Prepared } from "../prepare.ts";
import { outagesOf, updateHolds } from "../uplink/hold.ts";
import type { Liveness } from "../uplink/liveness.ts";

/** What came of it: whether somebody is held back who was not, or the other way round, and when to ask again (milliseconds since the epoch). */
export interface FollowedHolds {
  readonly changed: boolean;
  readonly deadline: number | undefined;
}

/**
 * Writes down which members of groups are held back from now on, for the next reconcile. All it remembers is in that file: the
 * operator lets a member go by taking it out (`force ... failback`), and a monitor that is started again goes on where the last one was.
 * @throws HostError when it cannot be written
 */
export async function followHolds(
  context: Context,
  { config, uplinks }: Pick<Prepared, "config" | "uplinks">,
): Promise<FollowedHolds> {
  const wanted = config === undefined || config.disable ? { uplink: {}, group: {} } : config;
  let followed: FollowedHolds = { changed: false, deadline: undefined };
  await updateLiveness(context, (before) => {
    const { deadline, flaps, held } = updateHolds(before, wanted, outagesOf(uplinks), context.host.now() / 1000);
    const changed = namesOf(before.held) !== namesOf(held);
    followed = { changed, deadline: deadline === undefined ? undefined : deadline * 1000 };
    return { ...before, flaps, held };
  });
  return followed;
}

/** Times alone make no difference to the kernel. */
function namesOf(held: Liveness["held"]): string {
  return JSON.stringify([...held].map(([group, members]) => [group, ...members.keys()]));
}
