import { neighboursIn, readApplied } from "../applied.ts";
import { formatIssue } from "../config/issue.ts";
import { type Context, EXIT } from "../context.ts";
import { readConfigFile } from "../host/config-source.ts";
import { HostError } from "../host/host.ts";
import { isRefusal } from "../host/is-refusal.ts";
import { NOTHING, type Observed } from "../kernel/kernel-objects.ts";
import { type Plan, plan } from "../kernel/plan.ts";
import { shellScript } from "../kernel/shell-script.ts";
import { loadConfig } from "../load-config.ts";
import { type Prepared, prepare } from "../prepare.ts";

export interface CommandsOptions {
  /** A file, instead of the configuration that was last applied. */
  readonly config?: string;
  readonly json?: boolean;
}

/** The JSON form: the steps as `plan --json` has them, from a kernel that holds nothing of ours. */
interface CommandsJson {
  readonly version: 1;
  readonly warnings: readonly string[];
  readonly steps: Plan;
}

/**
 * `policy-route commands`: what an operator could type for the configuration, as a script for sh(1). It is the plan from nothing;
 * nothing is changed. Run where the same links and addresses are and nothing of ours is, it gives the state a commit gives.
 */
export async function run(context: Context, options: CommandsOptions): Promise<number> {
  const { config, text } =
    options.config === undefined
      ? await readApplied(context)
      : await loadConfig(context, await readConfigFile(context.host, options.config));
  const prepared = await prepare(context, config, {
    allowSsh: false,
    refuseMistakes: options.config !== undefined,
    neighbours: neighboursIn(text),
  }).catch((error: unknown) => {
    throw isRefusal(error) ? new HostError("what the rules are hangs on the kernel's state, which only root can read") : error;
  });
  const steps = config === undefined ? [] : fromNothing(prepared, context.paths.sysctls);
  const warnings = prepared.warnings.map(formatIssue);
  if (options.json === true) {
    const json: CommandsJson = { version: 1, warnings, steps };
    context.out(`${JSON.stringify(json, undefined, 2)}\n`);
    return EXIT.fine;
  }
  for (const warning of warnings) context.err(`Warning: ${warning}\n`);
  const head =
    steps.length === 0
      ? ["Policy routing is not configured, or wants nothing in the kernel"]
      : [
          "What the policy-route configuration stands for, for a machine where nothing of it is.",
          "Gateways, addresses and networks are those of now: nothing follows them.",
        ];
  context.out(shellScript(steps, head));
  return EXIT.fine;
}

/** The plan where nothing of ours is, without what the program writes down for itself: the sysctls as it found them. */
function fromNothing({ target, observed }: Prepared, originsPath: string): Plan {
  const sysctls = new Map([...observed.sysctls.keys()].map((key): [string, string] => [key, ""]));
  const nothing: Observed = { ...NOTHING, sysctls, origins: new Map() };
  const steps = plan(target, nothing, { originsPath, staleMarks: [], interimFiles: new Map() });
  return steps.filter((step) => step.do !== "write" || step.path !== originsPath);
}
