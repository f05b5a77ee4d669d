import { type Check, type Findings, newCheck } from "./check.ts";
import { checkCapacity } from "./check-capacity.ts";
import type { CheckContext } from "./check-context.ts";
import { checkGroups } from "./check-groups.ts";
import { hiddenRules } from "./check-hidden-rules.ts";
import { checkRuleMatches } from "./check-rule-matches.ts";
import { checkRuleTarget } from "./check-rule-target.ts";
import { checkUplinkHealth } from "./check-uplink-health.ts";
import { checkUplinkNumbers } from "./check-uplink-numbers.ts";
import { checkUplinkUse } from "./check-uplink-use.ts";
import { checkUplinkWay } from "./check-uplink-way.ts";
import type { ConfigTree } from "./config-tree.ts";
import type { Issue } from "./issue.ts";
import type { Lookups } from "./lookups.ts";
import { compareNatural } from "./natural-order.ts";
import { type ParsedConfig, parseConfigTree } from "./parse-config.ts";
import { type Config, DEFAULT_HOOK_TIMEOUT } from "./schema.ts";

/** A configuration and everything that is to be said about it, in the order of its paths. */
export interface CheckedConfig {
  /** To be applied only when there are no errors: with errors, what was wrong is left out of it. */
  readonly config: Config;
  readonly errors: readonly Issue[];
  /** Found when they are asked for: a commit of 1,000 rules spends 7 ms on it, after its work. */
  readonly warnings: readonly Issue[];
}

/** Reads and checks the tree below `policy-route`: form, and what spans nodes; all at once. */
export function checkTree(tree: ConfigTree, lookups: Lookups, context: CheckContext): CheckedConfig {
  return checkParsed(parseConfigTree(tree, lookups), context);
}

/** The second half of that, for whoever reads the tree before the context is known. */
export function checkParsed({ config, issues }: ParsedConfig, context: CheckContext): CheckedConfig {
  const found = checkConfig(config, context, issues);
  return {
    config,
    errors: inOrder([...issues, ...found.errors]),
    get warnings() {
      return inOrder([...found.warnings, ...hiddenRules(found)]);
    },
  };
}

/** What spans nodes. `formIssues` are the mistakes of form that are known already, so that none is reported twice. */
export function checkConfig(config: Config, context: CheckContext, formIssues: readonly Issue[] = []): Check & Findings {
  const check = newCheck(config, context, formIssues);
  if (config.hook !== undefined && context.notExecutable?.has(config.hook))
    check.error(["hook"], `${config.hook} is not executable: chmod +x ${config.hook}`);
  if (config.hook === undefined && config["hook-timeout"] !== DEFAULT_HOOK_TIMEOUT)
    check.warn(["hook-timeout"], 'has no effect without a hook: set "hook", or delete it');
  for (const [name, uplink] of Object.entries(config.uplink)) {
    checkUplinkWay(check, name, uplink);
    checkUplinkHealth(check, name, uplink);
  }
  checkUplinkNumbers(check);
  checkUplinkUse(check);
  checkGroups(check);
  checkCapacity(check);
  for (const [number, rule] of Object.entries(config.rule)) {
    checkRuleTarget(check, ["rule", number], rule);
    checkRuleMatches(check, ["rule", number], rule);
  }
  return check;
}

function inOrder(issues: readonly Issue[]): Issue[] {
  return [...issues].sort((a, b) => compareNatural(a.path.join(" "), b.path.join(" ")));
}
