import type { Config } from "../config/schema.ts";
import type { Match, Rule } from "../kernel/rule.ts";
import type { Link } from "../uplink/facts.ts";

/**
 * What begins a chain of rules: packets of a VRF (seen by the member interface, then by the VRF's own) would leave their
 * routing domain by our ip rules, which stand before the VRF's. They are steered only where a rule names the interface.
 * `local`: what a program in the VRF sends leaves by the VRF's own interface first.
 */
export function leaveVrfs(config: Config, links: readonly Link[], local: boolean): Rule[] {
  const members = local ? [] : links.filter((link) => link.vrf !== undefined).map((link) => link.name);
  const masters = links.flatMap((link) => link.vrf ?? []);
  const names = new Set([...members, ...masters].filter((name) => !isNamed(config, name)));
  return [...names].map((name): Rule => ({ matches: [interfaceMatch(name, local)], action: { action: "return" }, note: "VRF" }));
}

function interfaceMatch(name: string, local: boolean): Match {
  if (local) return { match: "out-interface", name, negate: false };
  return { match: "in-interface", name, wildcard: false, negate: false };
}

function isNamed(config: Config, link: string): boolean {
  return Object.values(config.rule).some(
    ({ disable, "inbound-interface": interfaces }) =>
      !disable && interfaces.some(({ name, wildcard, negate }) => !negate && (wildcard ? link.startsWith(name) : link === name)),
  );
}
