import type { Family } from "../net/address.ts";
import type { Rule, Side } from "./schema.ts";
import { familyName } from "./values/address.ts";

/** A condition that ties a rule to one family, as messages name it. */
interface FamilyClaim {
  readonly what: string;
  readonly families: readonly Family[];
}

const ICMP = 1;
const ICMPV6 = 58;

/**
 * What narrows a rule to a family. Plain addresses do; negated ones do when there are no plain ones: `!10.0.0.0/24` speaks of
 * IPv4.
 */
function claims(rule: Rule): FamilyClaim[] {
  const all: FamilyClaim[] = [];
  if (rule.family !== "both") all.push({ what: "family", families: [rule.family] });
  const protocol = rule.protocol;
  if (protocol !== undefined && !protocol.negate) {
    if (protocol.value === ICMP) all.push({ what: "protocol icmp", families: ["ipv4"] });
    if (protocol.value === ICMPV6) all.push({ what: "protocol icmpv6", families: ["ipv6"] });
  }
  if (Object.keys(rule.icmp).length > 0) all.push({ what: "icmp", families: ["ipv4"] });
  if (Object.keys(rule.icmpv6).length > 0) all.push({ what: "icmpv6", families: ["ipv6"] });
  for (const side of ["source", "destination"] as const) all.push(...sideClaims(side, rule[side]));
  return all;
}

function sideClaims(what: string, side: Side): FamilyClaim[] {
  const plain = side.address.filter(({ negate }) => !negate);
  const literals = plain.length > 0 ? plain : side.address;
  const found: FamilyClaim[] =
    literals.length === 0 ? [] : [{ what, families: [...new Set(literals.map(({ family }) => family))] }];
  const { group } = side;
  if (group["address-group"] !== undefined || group["network-group"] !== undefined)
    found.push({ what: `${what} group`, families: ["ipv4"] });
  if (group["ipv6-address-group"] !== undefined || group["ipv6-network-group"] !== undefined) {
    found.push({ what: `${what} group`, families: ["ipv6"] });
  }
  if (side.ipset?.family !== undefined) found.push({ what: `${what} ipset ${side.ipset.name}`, families: [side.ipset.family] });
  return found;
}

/** The first two conditions of a rule that no packet can meet both, in words; `undefined` when there are none. */
export function familyConflict(rule: Rule): string | undefined {
  const all = claims(rule);
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) {
      if (one.families.some((family) => other.families.includes(family))) continue;
      return `${one.what} is ${names(one)} but ${other.what} is ${names(other)}: the rule can never match; give both one family`;
    }
  }
  return undefined;
}

function names(claim: FamilyClaim): string {
  return claim.families.map(familyName).join(" and ");
}
