import type { Config, Uplink } from "../config/schema.ts";
import type { Forgetting } from "../kernel/plan.ts";
import type { Family } from "../net/address.ts";
import type { Facts, SlotAssignment } from "../uplink/facts.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";
import { type GroupTarget, groupTargets, liveMembers } from "./group-targets.ts";
import { type MarkField, markField, slotMark, slotOnly } from "./mark-field.ts";
import { carries, uplinkTargets } from "./targets.ts";

/** What is known of the uplinks at one moment: now, or after the last reconcile. */
export interface Moment {
  readonly uplinks: readonly UplinkState[];
  /** Members of groups that were held back. */
  readonly held: Facts["liveness"]["held"];
  /** Seconds since the epoch. */
  readonly now: number;
}

/** Where the packets of one slot go: by that uplink, or to that `if-down`. */
type Way = { readonly by: string } | { readonly down: Uplink["if-down"] };

/** The connections of one slot. `home`: the uplink whose source they were given. */
interface Kept {
  readonly owner: string;
  readonly slot: number;
  readonly home: string;
  readonly before: Way;
  readonly after: Way;
}

/**
 * Connections to forget, since their packets go another way than at the last reconcile (`flush-connections`). Without being
 * forgotten, one that was given a fixed source goes on with it by the other uplink and hangs. Masqueraded ones the kernel
 * forgets by itself, and those that a kill switch stops may outlive the outage (measured: kernel-layout.md, d): left alone
 * with `auto`. What the operator changed is no reason: both moments are seen with the configuration as it is now.
 */
export function forgetConnections(
  config: Config,
  slots: SlotAssignment,
  families: readonly Family[],
  before: Moment,
  after: Moment,
): Forgetting[] {
  const field = markField(config["mark-mask"]);
  const groupsAt = ({ uplinks, held, now }: Moment): GroupTarget[] =>
    groupTargets(config, uplinks, slots, { liveness: { held }, now });
  const [groups, then] = [groupsAt(after), groupsAt(before)];
  const targets = uplinkTargets(config, after.uplinks, slots);
  const known = (name: string) => before.uplinks.some((state) => state.name === name);
  return families.flatMap((family) => {
    const ofUplinks = targets.map(({ name, slot, config: { "if-down": down } }): Kept => {
      const way = ({ uplinks }: Moment): Way => {
        return carries({ state: uplinks.find((state) => state.name === name) }, family) ? { by: name } : { down };
      };
      return { owner: `uplink ${name}`, slot, home: name, before: way(before), after: way(after) };
    });
    const ofMembers = groups.flatMap((group, i) =>
      group.members.map(({ owner, slot, name }): Kept => {
        const old = then[i] ?? group;
        return { owner, slot, home: name, before: memberWay(old, family, name), after: memberWay(group, family, name) };
      }),
    );
    const moved = [...ofUplinks, ...ofMembers]
      .filter(({ home }) => known(home))
      .flatMap((kept) => forgetMoved(config.uplink[kept.home], kept, field, family));
    const back = groups.flatMap((group, i) => {
      const active = liveMembers(group, family)[0]?.name;
      return active !== undefined && known(active) ? forgetStandIns(then[i] ?? group, group, field, family) : [];
    });
    return [...new Map([...moved, ...back].map((one) => [`${one.mark.value} ${one.translated}`, one])).values()];
  });
}

function memberWay(group: GroupTarget, family: Family, name: string): Way {
  const first = group.members.find((member) => member.name === name);
  const [live] = liveMembers(group, family, first);
  return live === undefined ? { down: group.config["if-down"] } : { by: live.name };
}

/** Connections that left their uplink, or came back to it. */
function forgetMoved(uplink: Uplink | undefined, kept: Kept, field: MarkField, family: Family): Forgetting[] {
  const wish = uplink?.["flush-connections"] ?? "never";
  const isHome = (way: Way): boolean => "by" in way && way.by === kept.home;
  const left = isHome(kept.before) && !isHome(kept.after);
  const returned = !isHome(kept.before) && isHome(kept.after);
  const all = { family, mark: slotOnly(field, kept.slot), translated: false };
  if (left && (wish === "on-down" || wish === "both")) return [{ ...all, why: `${kept.owner} is not used any more` }];
  if (returned && wish === "both") return [{ ...all, why: `${kept.owner} is used again` }];
  const alternative = "by" in kept.after || kept.after.down === "main";
  if (!left || wish !== "auto" || !alternative || uplink?.["source-nat"] === "masquerade") return [];
  // What came in by the uplink has no other way, whatever its source.
  return [{ family, mark: slotMark(field, kept.slot), translated: true, why: `${kept.owner} is not used any more` }];
}

/** With `both`, an uplink that takes a group back takes back what others stood in for. */
function forgetStandIns(old: GroupTarget, group: GroupTarget, field: MarkField, family: Family): Forgetting[] {
  const active = liveMembers(group, family)[0];
  const former = liveMembers(old, family)[0];
  if (group.config.mode !== "failover" || active === undefined || active.name === former?.name) return [];
  if (active.uplink["flush-connections"] !== "both") return [];
  const rank = (name: string) => group.members.findIndex((member) => member.name === name);
  if (former !== undefined && rank(former.name) < rank(active.name)) return [];
  const slots = group.members.slice(rank(active.name) + 1).map(({ slot }) => slot);
  // Nobody knows which of the connections that main took over were this group's.
  if (former === undefined && group.config["if-down"] === "main") slots.push(field.pinnedToMain);
  return slots.map((slot) => ({
    family,
    mark: slotOnly(field, slot),
    translated: false,
    why: `${active.owner} has its group back`,
  }));
}
