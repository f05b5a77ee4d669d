import type { Config, Rule as ConfigRule } from "../config/schema.ts";
import type { IpSet } from "../kernel/kernel-state.ts";
import type { Action, Match, Rule } from "../kernel/rule.ts";
import { type Family, formatPrefix } from "../net/address.ts";
import type { Facts, SlotAssignment } from "../uplink/facts.ts";
import { flattenRule } from "./flatten-rule.ts";
import { mergeRules } from "./merge-rules.ts";
import { ruleOwner, targetChain } from "./targets.ts";

/** One chain of rules: first match wins, returning from it means "not ours". */
export interface RuleChains {
  /** First chain first; each goes on in the next. */
  readonly chains: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
  readonly sets: readonly IpSet[];
}

/**
 * The operator's rules for forwarded or for the router's own traffic, in one family. A rule with more than one negated
 * interface starts a new chain behind it: packets it is not for go on there with `goto`, which keeps the caller, so that
 * RETURN means the same everywhere.
 */
export function compileRules(
  config: Config,
  facts: Facts,
  slots: SlotAssignment,
  family: Family,
  local: boolean,
  name: string,
): RuleChains {
  const chains: { name: string; rules: Rule[] }[] = [{ name, rules: exemptions(config, family) }];
  const current = (): Rule[] => chains.at(-1)?.rules ?? [];
  for (const [number, rule] of Object.entries(config.rule)) {
    if (rule.disable || !concerns(rule, local)) continue;
    const note = `rule ${number}`;
    const { unless, any } = flattenRule(rule, family, facts.links, local);
    if (any.length === 0) continue;
    const rest = `${name}_${chains.length + 1}`;
    for (const match of unless) current().push({ matches: [match], action: { action: "goto", chain: rest }, note });
    const action = ruleAction(rule, slots);
    for (const matches of any) {
      if (rule.log === "enable") current().push({ matches, action: { action: "log", prefix: `policy-route ${number}: ` }, note });
      current().push({ matches, action, note });
    }
    if (unless.length > 0) {
      current().push({ matches: [], action: { action: "goto", chain: rest }, note: "next rules" });
      chains.push({ name: rest, rules: [] });
    }
  }
  if (!facts.ipset) return { chains, sets: [] };
  const merged = chains.map((chain) => ({ name: chain.name, ...mergeRules(chain.rules, family) }));
  return { chains: merged, sets: merged.flatMap((chain) => chain.sets) };
}

function concerns(rule: ConfigRule, local: boolean): boolean {
  return rule.traffic === "all" || rule.traffic === (local ? "local" : "forwarded");
}

function exemptions(config: Config, family: Family): Rule[] {
  return (["destination", "source"] as const).flatMap((side) =>
    config.exempt[side]
      .filter((prefix) => prefix.family === family)
      .map((prefix): Rule => {
        const matches: Match[] =
          prefix.length === 0 ? [] : [{ match: "prefix", side, prefix: formatPrefix(prefix), negate: false }];
        return { matches, action: { action: "return" }, note: "exempt" };
      }),
  );
}

function ruleAction(rule: ConfigRule, slots: SlotAssignment): Action {
  if (rule.action === "exempt") return { action: "return" };
  if (rule.action === "drop") return { action: "drop" };
  const owner = ruleOwner(rule);
  const slot = owner === undefined ? undefined : slots.slots.get(owner);
  if (slot === undefined) throw new Error(`Bug: ${owner} has no slot`);
  return { action: "jump", chain: targetChain(slot) };
}
