import type { Config, Rule as ConfigRule } from "../config/schema.ts";
import type { IpSet } from "../kernel/kernel-state.ts";
import type { Action, Match, Rule } from "../kernel/rule.ts";
import { type Family, formatPrefix } from "../net/address.ts";
import type { Facts, SlotAssignment } from "../uplink/facts.ts";
import type { Backend } from "./choose-backend.ts";
import { type FlattenOptions, flattenRule } from "./flatten-rule.ts";
import { leaveVrfs } from "./leave-vrfs.ts";
import { mergeRules } from "./merge-rules.ts";
import { ruleOwner, targetChain } from "./targets.ts";

/** One chain of rules: first match wins, returning from it means "not ours". */
export interface RuleChains {
  /** First chain first; each goes on in the next. */
  readonly chains: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
  readonly sets: readonly IpSet[];
}

/** A chain that is being filled. */
interface OpenChain {
  readonly name: string;
  readonly rules: Rule[];
}

/** One rule of the operator's in one family, as in FlatRules. Without `rules` it can never match there. */
interface WrittenRule {
  readonly unless: readonly Match[];
  readonly rules: readonly Rule[];
  readonly sets: readonly IpSet[];
}

/**
 * The operator's rules for forwarded or for the router's own traffic. In iptables, a rule with more than one negated interface
 * starts a new chain behind it: packets it is not for go on there with `goto`, which keeps the caller, so that RETURN means
 * the same everywhere.
 */
export function compileRules(
  config: Config,
  facts: Facts,
  slots: SlotAssignment,
  local: boolean,
  name: string,
  backend: Backend["name"],
): Readonly<Record<Family, RuleChains>> {
  const vrfs = leaveVrfs(config, facts.links, local);
  const ipv4: OpenChain[] = [{ name, rules: [...vrfs, ...exemptions(config, "ipv4")] }];
  const ipv6: OpenChain[] = [{ name, rules: [...vrfs, ...exemptions(config, "ipv6")] }];
  const groups: Record<Family, IpSet[]> = { ipv4: [], ipv6: [] };
  // nftables has sets of its own.
  const options: FlattenOptions = { repeats: backend === "nftables", sets: backend === "nftables" || facts.ipset };
  for (const [number, rule] of Object.entries(config.rule)) {
    if (rule.disable || !concerns(rule, local)) continue;
    const write = (family: Family) => writeRule(number, rule, family, facts, slots, local, options);
    const forIpv4 = write("ipv4");
    // The very same where no address makes a difference, so that it is written once, and rendered once (render-state.ts).
    const forIpv6 = isOfBothFamilies(rule) ? forIpv4 : write("ipv6");
    addRule(ipv4, name, number, forIpv4);
    addRule(ipv6, name, number, forIpv6);
    groups.ipv4.push(...forIpv4.sets);
    groups.ipv6.push(...forIpv6.sets);
  }
  return { ipv4: merge(ipv4, "ipv4", groups.ipv4, options), ipv6: merge(ipv6, "ipv6", groups.ipv6, options) };
}

function merge(chains: readonly OpenChain[], family: Family, groups: readonly IpSet[], { sets }: FlattenOptions): RuleChains {
  if (!sets) return { chains, sets: [] };
  const merged = chains.map((chain) => ({ name: chain.name, ...mergeRules(chain.rules, family) }));
  return { chains: merged, sets: [...groups, ...merged.flatMap((chain) => chain.sets)] };
}

/** Whether nothing of the rule can tell the families apart, and both are written with the same words. */
function isOfBothFamilies({ family, source, destination, dscp, tos, icmp, icmpv6 }: ConfigRule): boolean {
  return (
    family === "both" &&
    dscp === undefined &&
    tos === undefined &&
    isEmpty(icmp) &&
    isEmpty(icmpv6) &&
    [source, destination].every(
      (side) =>
        side.address.length === 0 &&
        side["interface-address"] === undefined &&
        side["interface-network"] === undefined &&
        isEmpty(side.group),
    )
  );
}

function isEmpty(node: object): boolean {
  return Object.keys(node).length === 0;
}

function writeRule(
  number: string,
  rule: ConfigRule,
  family: Family,
  facts: Facts,
  slots: SlotAssignment,
  local: boolean,
  options: FlattenOptions,
): WrittenRule {
  const { unless, any, sets } = flattenRule(rule, family, facts.links, local, options);
  if (any.length === 0) return { unless, rules: [], sets };
  const note = `rule ${number}`;
  const action = ruleAction(rule, slots);
  const rules: Rule[] = [];
  for (const matches of any) {
    if (rule.log === "enable") rules.push({ matches, action: { action: "log", prefix: `policy-route ${number}: ` }, note });
    rules.push({ matches, action, note });
  }
  return { unless, rules, sets };
}

function addRule(chains: OpenChain[], name: string, number: string, { unless, rules }: WrittenRule): void {
  const current = chains.at(-1)?.rules;
  if (current === undefined || rules.length === 0) return;
  const rest = `${name}_${chains.length + 1}`;
  const goOn: Action = { action: "goto", chain: rest };
  for (const match of unless) current.push({ matches: [match], action: goOn, note: `rule ${number}` });
  for (const rule of rules) current.push(rule);
  if (unless.length === 0) return;
  current.push({ matches: [], action: goOn, note: "next rules" });
  chains.push({ name: rest, rules: [] });
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
