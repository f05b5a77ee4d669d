import type { ChainLines, KernelObjects, RuleLine } from "./kernel-objects.ts";
import type { KernelState } from "./kernel-state.ts";
import { renderHook, renderRule } from "./render-iptables.ts";
import { renderNftTables } from "./render-nft.ts";
import type { Chain, Rule } from "./rule.ts";

/** The desired state in the form it is compared in. */
export function renderState(state: KernelState): KernelObjects {
  const { ipRules, routes, sets, sysctls, files } = state;
  const chains = renderChains(state.chains);
  const jumps = state.hooks.map(renderHook);
  return { chains, jumps, nft: renderNftTables(state.nft), ipRules, routes, sets, sysctls, files };
}

/** Chains of one name in both families share rules that have no addresses: with 1,000 such rules it pays to render them once. */
function renderChains(chains: readonly Chain[]): ChainLines[] {
  const rendered = new Map<string, Map<Rule, RuleLine>>();
  return chains.map(({ family, table, name, rules }) => {
    const known = rendered.get(name) ?? new Map<Rule, RuleLine>();
    rendered.set(name, known);
    const lines = rules.map((rule) => {
      const line = known.get(rule) ?? renderRule(name, rule);
      known.set(rule, line);
      return line;
    });
    return { family, table, name, lines };
  });
}
