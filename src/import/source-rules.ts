import { type FoundUplinks, tableId } from "./find-uplinks.ts";
import { assume, type Findings, type FoundRule, type KnownLink } from "./findings.ts";
import type { ImportedUplink } from "./imported.ts";
import { OWN_ADDRESS } from "./read-ip.ts";

/**
 * The ip rules that are none of `from <address of the uplink> lookup <its table>`, which `source-rule` makes. Uplinks that have such
 * a rule are added to `answering`.
 */
export function takeSourceRules(
  findings: Findings,
  uplinks: FoundUplinks,
  links: readonly KnownLink[],
  rules: readonly FoundRule[],
  answering: Set<string>,
): FoundRule[] {
  return rules.flatMap((rule): FoundRule[] => {
    const way = "table" in rule.does ? uplinks.ways.get(tableId(findings, rule.does.table)) : undefined;
    const uplink = way?.kind === "uplink" ? uplinks.uplinks.get(way.name) : undefined;
    const asked = [...rule.condition.keys()];
    const isFrom =
      asked.length === 1 && /^(own address|source (interface-)?address)$/.test(asked[0] ?? "") && rule.mark === undefined;
    if (uplink === undefined || !isFrom) return withoutUnknown(findings, rule);
    const device = uplink.leaves.get("interface");
    const own = rule.condition.get(OWN_ADDRESS)?.[0];
    const address = rule.condition.get("source address")?.[0];
    if (own !== undefined)
      assume(findings, rule.at, `${own} is taken for the address of ${device ?? uplink.name}, which source-rule follows`);
    else if (
      address === undefined
        ? rule.condition.get("source interface-address")?.[0] !== device
        : !isOwn(findings, uplink, links, address)
    ) {
      if (address !== undefined && !address.includes("/"))
        assume(
          findings,
          rule.at,
          `if ${address} is the address of ${device ?? uplink.name}, delete this rule and "source-rule disable": source-rule follows it`,
        );
      return [rule];
    }
    answering.add(uplink.name);
    return [];
  });
}

function isOwn(findings: Findings, { leaves }: ImportedUplink, links: readonly KnownLink[], address: string): boolean {
  const device = leaves.get("interface");
  return (
    leaves.get("source-address") === address ||
    findings.nats.some((nat) => nat.device === device && nat.to === address) ||
    links.some((link) => link.name === device && link.addresses.some((one) => one.address === address))
  );
}

/** A rule whose source is known only to the script means nothing here. */
function withoutUnknown(findings: Findings, rule: FoundRule): FoundRule[] {
  const own = rule.condition.get(OWN_ADDRESS)?.[0];
  if (own === undefined) return [rule];
  findings.remarks.push({ at: rule.at, kind: "left", why: `from ${own}: known only when the script runs` });
  return [];
}
