import { ruleTime } from "../config/rule-time.ts";
import type { Rule } from "../config/schema.ts";
import { LAST_ID, type UserMatch } from "../config/values/user.ts";
import type { ConnectionState, Match } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";

/** Conditions that several values can meet: each is a list of alternatives, none at all says that none can. */
export type Condition = readonly Match[];

/** What a rule asks of its packets beside interface, protocol, addresses and ports; the conditions all have to hold. */
export function packetConditions(rule: Rule, family: Family, local: boolean): readonly Condition[] {
  return [
    ...setCondition("source", rule.source, family),
    ...setCondition("destination", rule.destination, family),
    ...macCondition(rule, local),
    ...ownerCondition("user", rule.user, local),
    ...ownerCondition("group", rule["user-group"], local),
    ...stateCondition(rule),
    ...(rule.dscp === undefined ? [] : [[{ match: "dscp", value: rule.dscp.value, negate: rule.dscp.negate } satisfies Match]]),
    ...(rule.tos === undefined ? [] : [[{ match: "tos", value: rule.tos } satisfies Match]]),
    ...icmpCondition(rule, family),
    ...(rule.tcp.flags === undefined ? [] : [[{ match: "tcp-flags", ...rule.tcp.flags } satisfies Match]]),
    ...(rule["packet-length"] === undefined ? [] : [[{ match: "length", ...rule["packet-length"] } satisfies Match]]),
    ...ipsecCondition(rule, local),
    ...timeCondition(rule),
  ];
}

/** A rule with a set is of that set's family, negated too. */
function setCondition(
  side: "source" | "destination",
  { ipset }: Rule["source"] | Rule["destination"],
  family: Family,
): Condition[] {
  if (ipset === undefined) return [];
  const { name, negate } = ipset;
  return [ipset.family === family ? [{ match: "set", name, dimensions: [side], negate }] : []];
}

/** What the router sends itself has no frame yet. */
function macCondition({ source }: Rule, local: boolean): Condition[] {
  const mac = source["mac-address"];
  if (mac === undefined) return [];
  return [local ? [] : [{ match: "mac", address: mac.mac, negate: mac.negate }]];
}

/**
 * "Everybody but 1000" is the ids below and above it: said so, iptables and nftables mean the same also for packets that nobody's
 * program sends (negated, iptables' owner would take them). Forwarded packets are nobody's.
 */
function ownerCondition(who: "user" | "group", match: UserMatch | undefined, local: boolean): Condition[] {
  if (match === undefined) return [];
  const { negate, first, last } = match;
  if (!local || first === undefined || last === undefined) return [[]];
  const ranges = negate ? [[0, first - 1] as const, [last + 1, LAST_ID] as const] : [[first, last] as const];
  return [ranges.filter(([low, high]) => low <= high).map(([low, high]) => ({ match: "owner", who, first: low, last: high }))];
}

/** What the router sends itself came through nothing: of that it is asked how it will leave. */
function ipsecCondition({ ipsec }: Rule, local: boolean): Condition[] {
  return ipsec === undefined ? [] : [[{ match: "ipsec", way: local ? "out" : "in", negate: ipsec === "match-none" }]];
}

/** A window of the whole day is no condition, unless it says on which days it begins. */
function timeCondition(rule: Rule): Condition[] {
  const time = ruleTime(rule);
  if (time === undefined) return [];
  const { hours, ...rest } = time;
  const always = hours === undefined || (hours.last + 1) % SECONDS_OF_DAY === hours.first;
  const onDays = rest.weekdays !== undefined || rest.monthdays !== undefined;
  const match: Match = { match: "time", ...rest, ...(hours === undefined || (always && !onDays) ? {} : { hours }) };
  return Object.keys(match).length === 1 ? [] : [[match]];
}

const SECONDS_OF_DAY = 86_400;

const STATES = ["new", "related", "invalid"] as const;

/** With any state enabled it has to be one of those; else it must be none of the disabled. No rule sees an established connection. */
function stateCondition({ state }: Rule): Condition[] {
  const enabled = STATES.filter((name) => state[name] === "enable");
  if (enabled.length > 0) return [[{ match: "state", states: enabled }]];
  const rest: readonly ConnectionState[] = [...STATES.filter((name) => state[name] !== "disable"), "untracked"];
  return rest.length > STATES.length ? [] : [[{ match: "state", states: rest }]];
}

function icmpCondition({ icmp, icmpv6 }: Rule, family: Family): Condition[] {
  const conditions: Condition[] = [];
  if (Object.keys(icmp).length > 0) {
    const type = icmp.type ?? icmp["type-name"]?.type;
    const code = icmp.code === undefined ? {} : { code: icmp.code };
    conditions.push(family === "ipv6" || type === undefined ? [] : [{ match: "icmp", version: 4, type, ...code }]);
  }
  if (Object.keys(icmpv6).length > 0) {
    const type = icmpv6.type ?? icmpv6["type-name"]?.type;
    conditions.push(family === "ipv4" || type === undefined ? [] : [{ match: "icmp", version: 6, type }]);
  }
  return conditions;
}
