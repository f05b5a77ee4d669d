import type { Config } from "../config/schema.ts";
import type { Family } from "../net/address.ts";
import type { PolicyEvent } from "../uplink/event.ts";
import type { SlotAssignment } from "../uplink/facts.ts";
import type { Moment } from "./forget-connections.ts";
import { balancedMembers, type GroupTarget, groupTargets, liveMembers } from "./group-targets.ts";

/** Where new connections of a group go in one family. `members`: none when its `if-down` counts. */
interface Use {
  readonly members: readonly string[];
  readonly words: string;
}

/**
 * Groups whose new connections go by other members than at the last reconcile, in words: `dsl -> lte`, `lte -> prohibit`. The
 * uplink of the event is the member that is used now, if it is one. What the operator changed in the configuration is no event:
 * both moments are seen with it as it is now; nor is a group that has just been configured.
 */
export function groupEvents(
  config: Config,
  slots: SlotAssignment,
  families: readonly Family[],
  before: Moment,
  now: Moment,
): readonly PolicyEvent[] {
  const targetsAt = (moment: Moment): GroupTarget[] =>
    groupTargets(config, moment.uplinks, slots, { liveness: { held: moment.held }, now: moment.now });
  const atThatTime = targetsAt(before);
  return targetsAt(now).flatMap((group, i): PolicyEvent[] => {
    const old = atThatTime[i] ?? group;
    const known = ({ members }: Use): boolean => members.every((name) => before.uplinks.some((uplink) => uplink.name === name));
    const uses = families.map((family) => ({ family, former: useOf(old, family), use: useOf(group, family) }));
    const changes = uses
      .filter(({ former, use }) => former.words !== use.words && known(use))
      .map(({ family, former, use }) => ({ family, use, text: `${former.words} -> ${use.words}` }));
    const others = uses.filter(({ former, use }) => former.words === use.words && use.members.length > 0);
    const alike = others.length === 0 && new Set(changes.map(({ text }) => text)).size === 1;
    return (alike ? changes.slice(0, 1) : changes).map(({ family, use, text }) => ({
      kind: "group",
      group: group.name,
      ...(use.members[0] === undefined || use.members.length > 1 ? {} : { uplink: use.members[0] }),
      ...(alike ? {} : { family }),
      text: alike ? text : `${text} (${family})`,
    }));
  });
}

function useOf(group: GroupTarget, family: Family): Use {
  const members = group.config.mode === "balance" ? balancedMembers(group, family) : liveMembers(group, family).slice(0, 1);
  const names = members.map(({ name }) => name);
  return { members: names, words: names.length === 0 ? group.config["if-down"] : names.join(", ") };
}
