import type { Uplink } from "../config/schema.ts";
import type { UplinkHealth } from "../uplink/health.ts";
import type { ShownHealth, ShownTarget } from "./model.ts";

type Health = NonNullable<Uplink["health"]>;

/** What is probed, with what is known of it. */
export function showHealth(health: Health, known: UplinkHealth | undefined): ShownHealth {
  return {
    verdict: known?.verdict ?? "unknown",
    ...(known === undefined ? {} : { since: known.since }),
    ...(known?.reason === undefined ? {} : { why: known.reason }),
    ...(known?.heldUntil === undefined ? {} : { heldUntil: known.heldUntil }),
    minimumTargets: health["minimum-targets"],
    targets: Object.entries(health.target).map(([target, settings]): ShownTarget => {
      const found = known?.targets[target];
      return {
        target,
        probe: probeWords(settings),
        state: found?.state ?? "unknown",
        ...(found === undefined ? {} : { since: found.since }),
        ...(found?.last === undefined ? {} : { last: found.last }),
      };
    }),
  };
}

function probeWords({ type, port, script }: Health["target"][string]): string {
  return [type, port, script].filter((word) => word !== undefined).join(" ");
}
