import { compareNatural } from "../config/natural-order.ts";
import { DEFAULT_BURST } from "../config/rule-schema.ts";
import type { Config, Rule as ConfigRule } from "../config/schema.ts";
import { type Rate, UNITS } from "../config/values/rate.ts";
import type { IpSet } from "../kernel/kernel-state.ts";
import type { Action, Match, Rule } from "../kernel/rule.ts";
import { type Family, formatPrefix } from "../net/address.ts";
import type { Facts, SlotAssignment } from "../uplink/facts.ts";
import type { Backend } from "./choose-backend.ts";
import { type FlattenOptions, flattenRule } from "./flatten-rule.ts";
import { goneSet } from "./gone-sets.ts";
import { leaveVrfs } from "./leave-vrfs.ts";
import { markField } from "./mark-field.ts";
import { mergeRules } from "./merge-rules.ts";
import { answerChain, ruleOwner, targetChain } from "./targets.ts";

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

/** What the packets of a chain of rules are: passed on, made by the router, or the first of a connection that comes in. */
export type ChainTraffic = "forwarded" | "local" | "inbound";

const NO_CHAINS: RuleChains = { chains: [], sets: [] };

/** One rule of the operator's in one family, as in FlatRules. Without `rules` it can never match there. */
interface WrittenRule {
  readonly unless: readonly Match[];
  readonly rules: readonly Rule[];
  readonly sets: readonly IpSet[];
  /** What its packets are asked last, in one place for all of `rules`, and what then happens to them. */
  readonly limited?: Rule;
}

/**
 * The operator's rules for one kind of traffic. In iptables, a rule with more than one negated interface starts a new chain
 * behind it: packets it is not for go on there with `goto`, which keeps the caller, so that RETURN means the same everywhere. So
 * does any rule with a limit; between the two is a chain of its own, the one place that counts.
 */
export function compileRules(
  config: Config,
  facts: Facts,
  slots: SlotAssignment,
  traffic: ChainTraffic,
  name: string,
  backend: Backend["name"],
): Readonly<Record<Family, RuleChains>> {
  const local = traffic === "local";
  const rules = Object.entries(config.rule).filter(
    ([, rule]) => !rule.disable && concerns(rule, traffic) && goneSet(rule, facts) === undefined,
  );
  // Without a rule nothing jumps there; the other two are jumped to in any case.
  const idle = traffic === "inbound" && rules.length === 0;
  const isIdle = (family: Family): boolean => idle && answeredByMain(config, family).length === 0;
  if (isIdle("ipv4") && isIdle("ipv6")) return { ipv4: NO_CHAINS, ipv6: NO_CHAINS };
  const vrfs = leaveVrfs(config, facts.links, local);
  const ipv4: OpenChain[] = [{ name, rules: [...vrfs, ...exemptions(config, "ipv4", traffic)] }];
  const ipv6: OpenChain[] = [{ name, rules: [...vrfs, ...exemptions(config, "ipv6", traffic)] }];
  const groups: Record<Family, IpSet[]> = { ipv4: [], ipv6: [] };
  // nftables has sets of its own.
  const options: FlattenOptions = { repeats: backend === "nftables", sets: backend === "nftables" || facts.ipset };
  for (const [number, written] of rules) {
    const rule = traffic === "inbound" ? comingIn(written, config) : written;
    if (rule === undefined) continue;
    const write = (family: Family) => writeRule(number, rule, family, facts, slots, local, options, config["mark-mask"]);
    const forIpv4 = write("ipv4");
    // The very same where no address makes a difference, so that it is written once, and rendered once (render-state.ts).
    const forIpv6 = isOfBothFamilies(rule) ? forIpv4 : write("ipv6");
    addRule(ipv4, name, number, forIpv4);
    addRule(ipv6, name, number, forIpv6);
    groups.ipv4.push(...forIpv4.sets);
    groups.ipv6.push(...forIpv6.sets);
  }
  return {
    ipv4: isIdle("ipv4") ? NO_CHAINS : merge(ipv4, "ipv4", groups.ipv4, options),
    ipv6: isIdle("ipv6") ? NO_CHAINS : merge(ipv6, "ipv6", groups.ipv6, options),
  };
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
        side.ipset === undefined &&
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
  mask: number,
): WrittenRule {
  const { unless, any, sets } = flattenRule(rule, family, facts.links, local, options);
  if (any.length === 0) return { unless, rules: [], sets };
  const note = `rule ${number}`;
  const action = ruleAction(rule, slots, mask);
  const rules: Rule[] = [];
  for (const matches of any) {
    if (rule.log === "enable") rules.push({ matches, action: { action: "log", prefix: `policy-route ${number}: ` }, note });
    rules.push({ matches, action, note });
  }
  if (rule.limit.rate === undefined) return { unless, rules, sets };
  return { unless, rules, sets, limited: { matches: [limitMatch(number, rule.limit.rate, rule.limit.burst)], action, note } };
}

function limitMatch(number: string, { count, unit }: Rate, burst = DEFAULT_BURST): Match {
  // Kernels keep what a name was first made with as long as any rule uses it.
  const name = `policy-route-${number}-${count}-${unit}-${burst}`;
  return { match: "limit", name, count, unit, burst, full: Math.ceil((burst * UNITS[unit]) / count) };
}

function addRule(chains: OpenChain[], name: string, number: string, { unless, rules, limited }: WrittenRule): void {
  const current = chains.at(-1)?.rules;
  if (current === undefined || rules.length === 0) return;
  if (limited !== undefined) {
    const [ask, rest] = [`${name}_${chains.length + 1}`, `${name}_${chains.length + 2}`];
    const goOn: Rule = { matches: [], action: { action: "goto", chain: rest }, note: "next rules" };
    for (const match of unless) current.push({ ...goOn, matches: [match], note: `rule ${number}` });
    for (const rule of rules) current.push({ ...rule, action: { action: "goto", chain: ask } });
    current.push(goOn);
    chains.push({ name: ask, rules: [limited, goOn] }, { name: rest, rules: [] });
    return;
  }
  const rest = `${name}_${chains.length + 1}`;
  const goOn: Action = { action: "goto", chain: rest };
  for (const match of unless) current.push({ matches: [match], action: goOn, note: `rule ${number}` });
  for (const rule of rules) current.push(rule);
  if (unless.length === 0) return;
  current.push({ matches: [], action: goOn, note: "next rules" });
  chains.push({ name: rest, rules: [] });
}

function concerns(rule: ConfigRule, traffic: ChainTraffic): boolean {
  return rule.traffic === traffic || (rule.traffic === "all" && traffic !== "inbound");
}

/** A connection comes in by the interfaces its rule names; where it names none, by those of the uplinks. `undefined`: by none at all. */
function comingIn(rule: ConfigRule, config: Config): ConfigRule | undefined {
  const named = rule["inbound-interface"];
  if (named.some(({ negate }) => !negate)) return rule;
  const uplinks = new Set(Object.values(config.uplink).flatMap(({ disable, interface: name }) => (disable ? [] : (name ?? []))));
  const outside = [...uplinks].sort(compareNatural).map((name) => ({ name, wildcard: false, negate: false }));
  return outside.length === 0 ? undefined : { ...rule, "inbound-interface": [...outside, ...named] };
}

/** What is steered of a connection that comes in are its replies: to its source, from its destination. */
function exemptions(config: Config, family: Family, traffic: ChainTraffic): Rule[] {
  const { exempt } = config;
  const opposite = { source: "destination", destination: "source" } as const;
  const answering = traffic === "inbound" ? answeredByMain(config, family) : [];
  const exempted = (["destination", "source"] as const).flatMap((end) =>
    exempt[end]
      .filter((prefix) => prefix.family === family)
      .map((prefix): Rule => {
        const side = traffic === "inbound" ? opposite[end] : end;
        const match: Match = { match: "prefix", side, prefix: formatPrefix(prefix), negate: false };
        return { matches: prefix.length === 0 ? [] : [match], action: { action: "return" }, note: "exempt" };
      }),
  );
  return [...answering, ...exempted];
}

/**
 * Track-inbound comes behind the chain, and would have what an exempt source answers leave by the uplink. (For an exempt destination
 * the uplinks' tables have no way.)
 */
function answeredByMain(config: Config, family: Family): Rule[] {
  const sources = config.exempt.source.filter((prefix) => prefix.family === family);
  const tracking = Object.values(config.uplink).filter((uplink) => !uplink.disable && uplink["track-inbound"] === "enable");
  return tracking.flatMap(({ interface: name, "gateway-mac": address }) =>
    name === undefined
      ? []
      : sources.map((prefix): Rule => {
          const matches: Match[] = [{ match: "in-interface", name, wildcard: false, negate: false }];
          if (prefix.length > 0)
            matches.push({ match: "prefix", side: "destination", prefix: formatPrefix(prefix), negate: false });
          if (address !== undefined) matches.push({ match: "mac", address, negate: false });
          return { matches, action: jumpTo(answerChain(markField(config["mark-mask"]).pinnedToMain)), note: "exempt" };
        }),
  );
}

function ruleAction(rule: ConfigRule, slots: SlotAssignment, mask: number): Action {
  // Track-inbound comes behind the rules, and would take it.
  if (rule.action === "exempt" && rule.traffic === "inbound") return jumpTo(answerChain(markField(mask).pinnedToMain));
  if (rule.action === "exempt") return { action: "return" };
  if (rule.action === "drop") return { action: "drop" };
  const owner = ruleOwner(rule);
  const slot = owner === undefined ? undefined : slots.slots.get(owner);
  if (slot === undefined) throw new Error(`Bug: ${owner} has no slot`);
  return jumpTo(rule.traffic === "inbound" ? answerChain(slot) : targetChain(slot));
}

function jumpTo(chain: string): Action {
  return { action: "jump", chain };
}
