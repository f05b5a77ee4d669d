import type { Context } from "../context.ts";
import { type HookCall, hookEnvironment } from "../uplink/hook-call.ts";
import { type Level, syslog } from "./syslog.ts";

/** How the operator's script is run: `hook`, `hook-timeout` (seconds) and `log-level` of the configuration. */
export interface Hook {
  readonly script: string;
  readonly timeout: number;
  readonly threshold: Level;
}

/** The `hook` of a configuration, if it has one. */
export function hookOf(
  config: { readonly hook?: string; readonly "hook-timeout": number; readonly "log-level": Level } | undefined,
): Hook | undefined {
  if (config?.hook === undefined) return undefined;
  return { script: config.hook, timeout: config["hook-timeout"], threshold: config["log-level"] };
}

/**
 * Calls the operator's script, one call after the other, each with the environment and the same as one JSON line on standard
 * input. After its time it is killed with everything it started. What goes wrong is logged; it never fails.
 */
export async function runHook(
  { host, paths }: Context,
  hook: Hook,
  calls: readonly HookCall[],
  signal?: AbortSignal,
): Promise<void> {
  for (const call of calls) {
    if (signal?.aborted === true) return;
    const { exitCode, stderr } = await host.run([`${paths.root}${hook.script}`], {
      stdin: `${JSON.stringify(call)}\n`,
      env: hookEnvironment(call),
      timeout: hook.timeout * 1000,
      group: true,
      ...(signal === undefined ? {} : { signal }),
    });
    if (exitCode === 0) continue;
    const said = stderr.trim().split("\n").at(-1) ?? "";
    const how =
      exitCode === 137 && said.endsWith("killed") ? `killed after ${hook.timeout} s` : `exit status ${exitCode}: ${said}`;
    await syslog(host, hook.threshold, "warning", `hook ${hook.script} (${call.event}): ${how.slice(0, 300)}`);
  }
}
