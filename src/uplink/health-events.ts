import type { PolicyEvent } from "./event.ts";
import type { TargetHealth, UplinkHealth } from "./health.ts";

/** What happened to the targets of one uplink, in words. That the uplink went down or came back is told by the reconcile. */
export function healthEvents(uplink: string, before: UplinkHealth, now: UplinkHealth): PolicyEvent[] {
  return Object.entries(now.targets).flatMap(([name, target]): PolicyEvent[] => {
    const text = change(before.targets[name], target);
    return text === undefined ? [] : [{ uplink, kind: "health", text: `${name} ${text}` }];
  });
}

function change(before: TargetHealth | undefined, { state, last }: TargetHealth): string | undefined {
  if (last?.outcome === "unable" && (before?.last?.outcome !== "unable" || before.last.words !== last.words))
    return `cannot be probed: ${last.words}`;
  if (before === undefined || state === before.state) return undefined;
  if (state === "failed") return `failed: ${last?.words ?? ""}`;
  return before.state === "failed" ? `answers again: ${last?.words ?? ""}` : undefined;
}
