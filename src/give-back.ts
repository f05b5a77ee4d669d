import { markField, slotMark } from "./compile/mark-field.ts";
import { broughtInFront } from "./compile/preferences.ts";
import type { Context } from "./context.ts";
import { recordEvents } from "./host/event-log.ts";
import { forgetUnanswered } from "./host/forget-unanswered.ts";
import type { Prepared } from "./prepare.ts";

/**
 * While somebody's ip rule was in front of ours, packets with our marks went where that leads, and what began then is pinned to
 * it. Now that ours are in front again, what nobody has answered begins anew, by its uplink; what has an answer is left
 * where it is: it would break. `looks`: each that was applied, the last one last.
 */
export async function giveBack(context: Context, looks: readonly Prepared[]): Promise<void> {
  const { config, target } = looks.at(-1) ?? {};
  if (config === undefined || target === undefined) return;
  const field = markField(config["mark-mask"]);
  const families = looks.flatMap(({ facts, observed }) =>
    broughtInFront(config["rule-priority"], facts?.catchAlls ?? [], observed.ipRules, target.ipRules),
  );
  for (const family of new Set(families)) {
    const count = await forgetUnanswered(context.host, family, slotMark(field, field.pinnedToMain));
    const text = `an ip rule of somebody else was in front of ours (${family}); connections without an answer that begin anew: ${count}`;
    if (count > 0) await recordEvents(context, [{ kind: "drift", text }], config["log-level"]);
  }
}
