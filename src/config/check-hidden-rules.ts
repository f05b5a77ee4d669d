import type { Check } from "./check.ts";
import type { Issue } from "./issue.ts";
import { ruleScope } from "./rule-scope.ts";
import { scopeIndex } from "./scope-index.ts";

/** Rules that never see a packet, because one earlier rule takes all of theirs: a warning each. The first match wins. */
export function hiddenRules(check: Check): readonly Issue[] {
  const found: Issue[] = [];
  const earlier = scopeIndex();
  for (const [number, rule] of Object.entries(check.config.rule)) {
    if (rule.disable || check.isBroken(["rule", number])) continue;
    const scope = ruleScope(rule);
    const hiding = earlier.find(scope);
    if (hiding !== undefined)
      found.push({
        path: ["rule", number],
        message: `never matches: rule ${hiding} takes all of its traffic first; give it a number below ${hiding}, or delete it`,
      });
    // A limited rule leaves what is above its limit to the next.
    else if (rule.limit.rate === undefined) earlier.add(number, scope);
  }
  return found;
}
