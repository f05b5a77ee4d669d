import { ruleTime } from "../config/rule-time.ts";
import type { Config, Rule } from "../config/schema.ts";
import type { IpRule } from "../kernel/kernel-state.ts";
import type { Link } from "../uplink/facts.ts";
import type { Preferences } from "./preferences.ts";
import type { UplinkTarget } from "./targets.ts";

/** What an output lookup has for a source that the program left open: only such lookups may be answered by the user alone. */
const UNCHOSEN = "0.0.0.0";

interface Ids {
  readonly first: number;
  readonly last: number;
}

/**
 * ip rules for rules that ask for nothing but a user (IPv4; IPv6 cannot ask for a source not yet chosen). The chains steer these
 * packets anyway, after the kernel has chosen their source for main; with the ip rule it is the uplink's from the start, a
 * program is told at once when a kill switch refuses, and main needs no default. What has a source already (answers of a
 * server) is left to the chains. Only where no earlier rule, no exempt source and no VRF could have the user's packets.
 */
export function userRules(config: Config, links: readonly Link[], targets: readonly UplinkTarget[], at: Preferences): IpRule[] {
  const found: IpRule[] = [];
  if (config.exempt.source.length > 0 || links.some(({ vrf }) => vrf !== undefined)) return found;
  const earlier: Rule[] = [];
  for (const rule of Object.values(config.rule)) {
    if (rule.disable || rule.family === "ipv6" || (rule.traffic !== "local" && rule.traffic !== "all")) continue;
    const ids = idsOf(rule);
    const target = targets.find(({ name }) => name === rule.set.uplink);
    if (ids !== undefined && target !== undefined && asksNothingElse(rule) && !earlier.some((other) => mayTake(other, ids))) {
      const action = { lookup: target.table };
      found.push({ family: "ipv4", preference: at.user, from: UNCHOSEN, iif: "lo", uidrange: ids, action });
    }
    earlier.push(rule);
  }
  return found;
}

/** The users of a rule, `undefined` when it names none or all others. */
function idsOf({ user }: Rule): Ids | undefined {
  if (user === undefined || user.negate || user.first === undefined || user.last === undefined) return undefined;
  return { first: user.first, last: user.last };
}

function mayTake(rule: Rule, { first, last }: Ids): boolean {
  const ids = idsOf(rule);
  return ids === undefined || (ids.first <= last && first <= ids.last);
}

function asksNothingElse({ protocol, source, destination, state, icmp, icmpv6, dscp, tos, ...rule }: Rule): boolean {
  return (
    (protocol === undefined || (protocol.value === "all" && !protocol.negate)) &&
    [source, destination].every(
      (side) =>
        side.address.length === 0 &&
        side.port === undefined &&
        side["interface-address"] === undefined &&
        side["interface-network"] === undefined &&
        side.ipset === undefined &&
        isEmpty(side.group),
    ) &&
    isEmpty(state) &&
    isEmpty(icmp) &&
    isEmpty(icmpv6) &&
    dscp === undefined &&
    tos === undefined &&
    rule["packet-length"] === undefined &&
    rule.ipsec === undefined &&
    rule.limit.rate === undefined &&
    ruleTime(rule) === undefined &&
    source["mac-address"] === undefined &&
    rule["user-group"] === undefined &&
    rule["inbound-interface"].length === 0
  );
}

function isEmpty(node: object): boolean {
  return Object.keys(node).length === 0;
}
