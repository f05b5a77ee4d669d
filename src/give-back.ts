import { markField, slotOnly } from "./compile/mark-field.ts";
import { displaced } from "./compile/preferences.ts";
import type { Context } from "./context.ts";
import { recordEvents } from "./host/event-log.ts";
import { forgetUnanswered } from "./host/forget-unanswered.ts";
import type { Prepared } from "./prepare.ts";

/**
 * While somebody's ip rule was in front of ours, packets with our marks went where that leads, and what began then is pinned to
 * it. Now that ours are in front again, what nobody has answered begins anew, by its uplink; what has an answer is left
 * where it is: it would break.
 */
export async function giveBack(context: Context, { config, facts, observed, plan }: Prepared): Promise<void> {
  if (config === undefined || facts === undefined || plan.length === 0) return;
  const field = markField(config["mark-mask"]);
  for (const family of displaced(config["rule-priority"], facts.catchAlls, observed.ipRules)) {
    const count = await forgetUnanswered(context.host, family, slotOnly(field, field.pinnedToMain));
    const text = `an ip rule of somebody else was in front of ours (${family}); connections without an answer that begin anew: ${count}`;
    if (count > 0) await recordEvents(context, [{ kind: "drift", text }], config["log-level"]);
  }
}
