import type { Check } from "./check.ts";
import { ruleScope } from "./rule-scope.ts";
import { scopeIndex } from "./scope-index.ts";

/** Warns of rules that never see a packet, because one earlier rule takes all of theirs. The first match wins. */
export function checkHiddenRules(check: Check): void {
  const earlier = scopeIndex();
  for (const [number, rule] of Object.entries(check.config.rule)) {
    if (rule.disable || check.isBroken(["rule", number])) continue;
    const scope = ruleScope(rule);
    const hiding = earlier.find(scope);
    if (hiding !== undefined)
      check.warn(
        ["rule", number],
        `never matches: rule ${hiding} takes all of its traffic first; give it a number below ${hiding}, or delete it`,
      );
    // A limited rule leaves what is above its limit to the next.
    else if (rule.limit.rate === undefined) earlier.add(number, scope);
  }
}
