import type { Check } from "./check.ts";
import { ruleScope, scopeHolds } from "./rule-scope.ts";

/** Warns of rules that never see a packet, because one earlier rule takes all of theirs. The first match wins. */
export function checkHiddenRules(check: Check): void {
  const earlier: { readonly number: string; readonly scope: ReturnType<typeof ruleScope> }[] = [];
  for (const [number, rule] of Object.entries(check.config.rule)) {
    if (rule.disable || check.isBroken(["rule", number])) continue;
    const scope = ruleScope(rule);
    const hiding = earlier.find((other) => scopeHolds(other.scope, scope));
    if (hiding !== undefined) check.warn(["rule", number], `never matches: rule ${hiding.number} takes all of its traffic first`);
    else earlier.push({ number, scope });
  }
}
