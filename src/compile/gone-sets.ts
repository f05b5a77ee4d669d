import type { Issue } from "../config/issue.ts";
import type { Config, Rule } from "../config/schema.ts";
import type { Facts } from "../uplink/facts.ts";

/** The name of a set of ipset(8) that a rule asks and that is not there any more: the rule takes nothing until it is. */
export function goneSet({ source, destination }: Rule, { setNames }: Pick<Facts, "setNames">): string | undefined {
  return [source.ipset, destination.ipset].find((set) => set !== undefined && !setNames.includes(set.name))?.name;
}

/** A warning for each rule whose set is gone. */
export function goneSets(config: Config, facts: Pick<Facts, "setNames">): Issue[] {
  return Object.entries(config.rule).flatMap(([number, rule]): Issue[] => {
    const name = rule.disable ? undefined : goneSet(rule, facts);
    if (name === undefined) return [];
    return [{ path: ["rule", number], message: `ipset "${name}" is not there any more: the rule takes nothing until it is` }];
  });
}
