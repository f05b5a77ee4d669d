import { DEFAULT_BURST } from "../config/rule-schema.ts";
import type { Config, InterfaceMatch, Rule } from "../config/schema.ts";
import { familyName } from "../config/values/address.ts";
import type { ProtocolMatch } from "../config/values/protocol.ts";
import type { UserMatch } from "../config/values/user.ts";
import type { Link } from "../uplink/facts.ts";
import { type Finding, judge, never, wording } from "./finding.ts";
import { judgeSet, judgeSide } from "./judge-side.ts";
import { judgeTime } from "./judge-time.ts";
import type { Packet } from "./packet.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP, protocolWord } from "./protocol-words.ts";

/** What a rule is asked about a packet: one that is passed on, one that the router makes, or the first of one that comes in. */
export type Asked = "forwarded" | "local" | "inbound";

/** What is outside of the configuration and a rule speaks of. */
export interface Surroundings {
  readonly config: Config;
  readonly links: readonly Link[];
  /** Whether an address is in a set of ipset(8), by `NAME ADDRESS`; absent where nobody asked. */
  readonly inSets?: ReadonlyMap<string, boolean>;
}

/**
 * Judges every condition of a rule, in the order in which an operator thinks of them: what the configuration means, without a
 * word of how the kernel is told (docs/configure.md, "What a rule matches").
 */
export function judgeRule(rule: Rule, packet: Packet, asked: Asked, { config, links, inSets }: Surroundings): Finding[] {
  const other = rule.family !== "both" && rule.family !== packet.family;
  return [
    ...(concerns(rule, asked) ? [] : [never(`packet is ${ASKED[asked]}, rule is for traffic ${rule.traffic}`)]),
    ...(other ? [never(`packet is ${familyName(packet.family)}, rule is for ${rule.family}`)] : []),
    ...judgeInterfaces(rule, packet, asked, config),
    ...judgeProtocol(rule.protocol, packet),
    ...judgeSide("source", rule.source, packet, links),
    ...judgeSide("destination", rule.destination, packet, links),
    ...judgeSet("source", rule.source.ipset, packet, inSets),
    ...judgeSet("destination", rule.destination.ipset, packet, inSets),
    ...judgeIcmp(rule, packet),
    ...judgeFlags(rule, packet),
    ...judgeMac(rule, packet),
    ...judgeUser("user", rule.user, packet),
    ...judgeUser("user-group", rule["user-group"], packet),
    ...judgeState(rule, packet),
    ...judgeClass(rule, packet),
    ...judgeLength(rule, packet),
    ...judgeIpsec(rule, packet),
    ...judgeTime(rule, packet),
    ...judgeLimit(rule),
  ];
}

const ASKED: Readonly<Record<Asked, string>> = { forwarded: "forwarded", local: "made by the router", inbound: "coming in" };

function concerns({ traffic }: Rule, asked: Asked): boolean {
  return traffic === asked || (traffic === "all" && asked !== "inbound");
}

/** A rule for what comes in that names no interface is about those of the uplinks. */
function judgeInterfaces(rule: Rule, packet: Packet, asked: Asked, config: Config): Finding[] {
  const named = rule["inbound-interface"];
  const plain = named.filter(({ negate }) => !negate);
  const outside = asked === "inbound" && plain.length === 0;
  if (named.length === 0 && !outside) return [];
  if (packet.inbound === undefined)
    return plain.length === 0 ? [] : [never(`the router makes it, rule wants it to come in by ${interfaceWords(plain)}`)];
  const uplinks = Object.values(config.uplink).filter(({ disable }) => !disable);
  const isOutside = uplinks.some((uplink) => uplink.interface === packet.inbound);
  const wants = [...(outside ? ["the interface of an uplink"] : []), ...(named.length === 0 ? [] : [interfaceWords(named)])].join(
    ", ",
  );
  return [
    judge({
      what: "inbound interface",
      value: packet.inbound,
      wants,
      test: (name) =>
        (outside ? isOutside : plain.length === 0 || plain.some((match) => isCalled(name, match))) &&
        !named.some((match) => match.negate && isCalled(name, match)),
      met: `came in by ${packet.inbound}`,
    }),
  ];
}

function isCalled(name: string, match: InterfaceMatch): boolean {
  return match.wildcard ? name.startsWith(match.name) : name === match.name;
}

function interfaceWords(matches: readonly InterfaceMatch[]): string {
  return wording(matches.map(({ name, wildcard, negate }) => ({ text: wildcard ? `${name}+` : name, negate })));
}

function judgeProtocol(protocol: ProtocolMatch | undefined, packet: Packet): Finding[] {
  if (protocol === undefined || protocol.value === "all") return [];
  const numbers = protocol.value === "tcp_udp" ? [PROTOCOL_TCP, PROTOCOL_UDP] : [protocol.value];
  const wants = protocol.negate ? `not ${protocol.text}` : protocol.text;
  const test = (value: number): boolean => numbers.includes(value) !== protocol.negate;
  const met =
    protocol.negate && packet.protocol !== undefined ? `${protocolWord(packet.protocol)}, which is ${wants}` : protocol.text;
  return [judge({ what: "protocol", value: packet.protocol, shown: protocolWord, wants, test, met })];
}

function judgeIcmp({ icmp, icmpv6 }: Rule, packet: Packet): Finding[] {
  return [
    ...judgeIcmpOf("icmp", PROTOCOL_ICMP, { ...icmp, type: icmp.type ?? icmp["type-name"]?.type }, packet),
    ...judgeIcmpOf("icmpv6", PROTOCOL_ICMPV6, { type: icmpv6.type ?? icmpv6["type-name"]?.type }, packet),
  ];
}

function judgeIcmpOf(
  what: string,
  protocol: number,
  { type, code }: { readonly type: number | undefined; readonly code?: number | undefined },
  packet: Packet,
): Finding[] {
  if (type === undefined) return [];
  if (packet.protocol !== undefined && packet.protocol !== protocol)
    return [never(`protocol is ${protocolWord(packet.protocol)}, rule wants ${what}`)];
  const findings = [judge({ what: `${what} type`, value: packet.icmpType, wants: String(type), test: (one) => one === type })];
  if (code !== undefined)
    findings.push(judge({ what: `${what} code`, value: packet.icmpCode, wants: String(code), test: (one) => one === code }));
  return findings;
}

function judgeFlags({ tcp: { flags } }: Rule, packet: Packet): Finding[] {
  if (flags === undefined) return [];
  const { set, unset } = flags;
  return [
    judge({
      what: "tcp flags",
      value: packet.tcpFlags,
      shown: (value) => (value.length === 0 ? "none" : value.join(",")),
      wants: [...set, ...unset.map((flag) => `not ${flag}`)].join(","),
      test: (value) => set.every((flag) => value.includes(flag)) && !unset.some((flag) => value.includes(flag)),
    }),
  ];
}

function judgeMac({ source }: Rule, packet: Packet): Finding[] {
  const match = source["mac-address"];
  if (match === undefined) return [];
  if (packet.inbound === undefined) return [never("the router makes it, rule wants a source MAC address")];
  const wants = `${match.negate ? "not " : ""}${match.mac}`;
  const test = (value: string): boolean => value !== "none" && (value === match.mac) !== match.negate;
  return [judge({ what: "source mac-address", value: packet.mac, wants, test })];
}

function judgeUser(what: "user" | "user-group", match: UserMatch | undefined, packet: Packet): Finding[] {
  if (match === undefined) return [];
  if (packet.inbound !== undefined) return [never(`forwarded packets have no ${what}`)];
  const { first, last, negate, name } = match;
  if (first === undefined || last === undefined) return [never(`${what} ${name} does not exist: nothing matches`)];
  const ids = first === last ? `${first}` : `${first}-${last}`;
  const wants = `${negate ? "not " : ""}${name === undefined ? ids : `${name} (${ids})`}`;
  return [
    judge<number | "none">({
      what,
      value: what === "user" ? packet.user : packet.userGroup,
      wants,
      test: (value) => value !== "none" && (first <= value && value <= last) !== negate,
    }),
  ];
}

/** With a state enabled it has to be one of the enabled; with only disabled ones none of those. */
function judgeState({ state }: Rule, packet: Packet): Finding[] {
  const those = (what: "enable" | "disable"): string[] =>
    Object.entries(state).flatMap(([name, value]) => (value === what ? [name] : []));
  const [enabled, disabled] = [those("enable"), those("disable")];
  if (enabled.length > 0)
    return [
      judge({
        what: "state",
        value: packet.state,
        wants: enabled.join(" or "),
        test: (value) => enabled.includes(value),
        met: `state ${packet.state}`,
      }),
    ];
  if (disabled.length === 0) return [];
  return [
    judge({
      what: "state",
      value: packet.state,
      wants: `not ${disabled.join(" or ")}`,
      test: (value) => !disabled.includes(value),
    }),
  ];
}

function judgeClass({ dscp, tos }: Rule, packet: Packet): Finding[] {
  const findings: Finding[] = [];
  if (dscp !== undefined) {
    const value = packet.tos === undefined ? undefined : packet.tos >> 2;
    const wants = `${dscp.negate ? "not " : ""}${dscp.text}`;
    findings.push(judge({ what: "dscp", value, wants, test: (one) => (one === dscp.value) !== dscp.negate }));
  }
  if (tos !== undefined) findings.push(judge({ what: "tos", value: packet.tos, wants: String(tos), test: (one) => one === tos }));
  return findings;
}

function judgeLength(rule: Rule, packet: Packet): Finding[] {
  const length = rule["packet-length"];
  if (length === undefined) return [];
  const wants = length.first === length.last ? String(length.first) : `${length.first}-${length.last}`;
  return [
    judge({ what: "packet length", value: packet.length, wants, test: (one) => length.first <= one && one <= length.last }),
  ];
}

function judgeIpsec({ ipsec }: Rule, packet: Packet): Finding[] {
  if (ipsec === undefined) return [];
  const wants = ipsec === "match-ipsec" ? "yes" : "no";
  return [judge({ what: "ipsec", value: packet.ipsec, shown: yesOrNo, wants, test: (one) => yesOrNo(one) === wants })];
}

function yesOrNo(value: boolean): string {
  return value ? "yes" : "no";
}

/** What is left of a limit at the moment nobody can say. */
function judgeLimit({ limit: { rate, burst = DEFAULT_BURST } }: Rule): Finding[] {
  if (rate === undefined) return [];
  return [
    {
      holds: true,
      words: `as long as there are no more than ${rate.text} (burst ${burst}): above that the next rules are asked`,
    },
  ];
}
