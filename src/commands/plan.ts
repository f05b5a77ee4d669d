import { type Applied, neighboursIn, readApplied } from "../applied.ts";
import { formatIssue } from "../config/issue.ts";
import { type Context, EXIT } from "../context.ts";
import { readConfigFile } from "../host/config-source.ts";
import { HostError } from "../host/host.ts";
import { isRefusal } from "../host/is-refusal.ts";
import { formatPlan } from "../kernel/format-plan.ts";
import { loadConfig } from "../load-config.ts";
import { prepare } from "../prepare.ts";

export interface PlanCommandOptions {
  /** A file to plan for, instead of the configuration that was last applied. */
  readonly config?: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

/** The JSON form. `steps` in order, as the plan holds them (src/kernel/plan.ts). */
interface PlanJson {
  readonly version: 1;
  readonly inSync: boolean;
  readonly warnings: readonly string[];
  readonly steps: readonly object[];
}

/** `policy-route plan`: what a commit would change now; changes nothing. With `check`, exit 3 when there is anything to do. */
export async function run(context: Context, options: PlanCommandOptions): Promise<number> {
  const { config, text, warnings } = await configOf(context, options.config);
  const prepared = await prepare(context, config, {
    allowSsh: false,
    refuseMistakes: options.config !== undefined,
    neighbours: neighboursIn(text),
  }).catch((error: unknown) => {
    throw isRefusal(error) ? new HostError("the plan compares with the kernel's rules, which only root can read") : error;
  });
  const said = [...new Set([...warnings, ...prepared.warnings.map(formatIssue)])];
  if (options.json === true) {
    const json: PlanJson = { version: 1, inSync: prepared.plan.length === 0, warnings: said, steps: prepared.plan };
    context.out(`${JSON.stringify(json, undefined, 2)}\n`);
  } else {
    for (const warning of said) context.err(`Warning: ${warning}\n`);
    context.out(formatPlan(prepared.plan));
  }
  return options.check === true && prepared.plan.length > 0 ? EXIT.drift : EXIT.fine;
}

async function configOf(context: Context, file: string | undefined): Promise<Applied & { readonly warnings: readonly string[] }> {
  if (file === undefined) return { ...(await readApplied(context)), warnings: [] };
  const { config, text, warnings } = await loadConfig(context, await readConfigFile(context.host, file));
  return { config, text, warnings: warnings.map(formatIssue) };
}
