import { type Context, EXIT, OperatorError } from "../context.ts";
import { HostError } from "../host/host.ts";
import { runningMonitor } from "../host/monitor-process.ts";
import { lookClosely } from "../look.ts";
import { mustBeConfigured } from "../must-have.ts";
import { formatWhatIf } from "../show/format-what-if.ts";
import { type Change, imagine } from "../show/imagine.ts";
import { show } from "../show/show.ts";
import { showWhatIf } from "../show/show-what-if.ts";
import { stateLine } from "../show/words.ts";

const USAGE = "usage: policy-route what-if uplink NAME up|down [uplink NAME up|down ...] [--json]";

/** `policy-route what-if uplink NAME down ...`: where each rule would go. Changes nothing, and computes it as a reconcile would. */
export async function run(context: Context, words: readonly string[], options: { readonly json?: boolean }): Promise<number> {
  const changes = changesOf(words);
  const { sight, prepared } = await lookClosely(context);
  const config = mustBeConfigured(sight.config);
  if (prepared?.facts === undefined || prepared.backend === undefined)
    throw new HostError("Permission denied: what-if begins with the kernel as it is");
  const situation = {
    config,
    facts: prepared.facts,
    slots: prepared.slots,
    backend: prepared.backend.name,
    files: context.paths,
    watched: (await runningMonitor(context)) !== undefined,
  };
  const now = show(sight);
  const whatIf = showWhatIf(now, show(imagine(sight, prepared, situation, changes)), changes, sight.now);
  if (options.json === true) context.out(`${JSON.stringify(whatIf, undefined, 2)}\n`);
  else context.out((now.state === "active" && now.stepsToDo === 0 ? "" : stateLine(now)) + formatWhatIf(whatIf, context.width));
  return EXIT.fine;
}

function changesOf(words: readonly string[]): Change[] {
  const changes: Change[] = [];
  for (let i = 0; i < words.length; i += 3) {
    const [what, uplink, to] = words.slice(i, i + 3);
    if (what !== "uplink" || uplink === undefined || (to !== "up" && to !== "down")) throw new OperatorError(USAGE);
    changes.push({ uplink, to });
  }
  if (changes.length === 0) throw new OperatorError(USAGE);
  return changes;
}
