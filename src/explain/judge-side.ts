import type { Destination, Source } from "../config/schema.ts";
import type { AddressMatch } from "../config/values/address.ts";
import type { GroupMatch, SetMatch } from "../config/values/name.ts";
import { addressToBigInt, type Family, parsePrefix, prefixHolds } from "../net/address.ts";
import type { Link } from "../uplink/facts.ts";
import { type Finding, judge, never, wording } from "./finding.ts";
import type { Packet } from "./packet.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, protocolHasPorts } from "./protocol-words.ts";

const GROUP_FAMILIES = [
  ["address-group", "ipv4"],
  ["network-group", "ipv4"],
  ["ipv6-address-group", "ipv6"],
  ["ipv6-network-group", "ipv6"],
] as const;

/** Longer lists are cut in words: a group may have thousands of members. */
const SHOWN = 4;

/** What a rule asks of the source or destination of a packet: addresses, networks of interfaces, groups, ports. */
export function judgeSide(
  what: "source" | "destination",
  side: Source | Destination,
  packet: Packet,
  links: readonly Link[],
): Finding[] {
  const address = packet[what];
  return [
    ...(side.address.length === 0 ? [] : [judgeLiterals(what, address, packet.family, side.address)]),
    ...(["interface-address", "interface-network"] as const).flatMap((kind) => {
      const name = side[kind];
      return name === undefined ? [] : [judgeInterface(what, address, packet.family, kind, name, links)];
    }),
    ...GROUP_FAMILIES.flatMap(([kind, family]) => {
      const match = side.group[kind];
      return match === undefined ? [] : [judgeGroup(what, address, packet.family, kind, family, match)];
    }),
    ...judgePorts(what, side, packet),
  ];
}

/** One of the plain ones (any address when there are none) and none of the negated; values of the other family are not about it. */
function judgeLiterals(what: string, address: string, family: Family, matches: readonly AddressMatch[]): Finding {
  const own = matches.filter((match) => match.family === family);
  if (own.length === 0) return never(`${what} is ${address}, rule is about ${family === "ipv4" ? "IPv6" : "IPv4"} only`);
  const wants = wording(matches);
  const plain = matches.filter(({ negate }) => !negate);
  const taken = (match: AddressMatch): boolean => match.family === family && within(address, match.first, match.last);
  return judge({
    what,
    value: address,
    wants,
    test: () => (plain.length === 0 || plain.some(taken)) && !own.some((match) => match.negate && taken(match)),
    met: `${what} in ${wants}`,
  });
}

function within(address: string, first: string, last: string): boolean {
  const value = addressToBigInt(address);
  return addressToBigInt(first) <= value && value <= addressToBigInt(last);
}

function judgeInterface(
  what: string,
  address: string,
  family: Family,
  kind: "interface-address" | "interface-network",
  name: string,
  links: readonly Link[],
): Finding {
  const noun = kind === "interface-address" ? "address" : "network";
  const own = (links.find((link) => link.name === name)?.addresses ?? []).filter(
    (one) => one.family === family && one.scope !== "link",
  );
  if (own.length === 0) return never(`${name} has no ${family === "ipv4" ? "IPv4" : "IPv6"} address`);
  const networks = own.map((one) => {
    const text = kind === "interface-address" ? one.address : `${one.peer ?? one.address}/${one.length}`;
    return parsePrefix(text);
  });
  const held = networks.find((network) => network !== undefined && prefixHolds(network, address));
  const all = [
    ...new Set(networks.flatMap((network) => (network === undefined ? [] : [`${network.address}/${network.length}`]))),
  ];
  const wants = `${all.join(", ")} (${noun} of ${name})`;
  const met = held === undefined ? "" : `${what} in ${held.address}/${held.length} (${noun} of ${name})`;
  return judge({ what, value: address, wants, test: () => held !== undefined, met });
}

function judgeGroup(what: string, address: string, family: Family, kind: string, own: Family, match: GroupMatch): Finding {
  const { name, negate, members } = match;
  if (members === undefined) return never(`firewall ${kind} ${name} does not exist: nothing matches`);
  if (own !== family) return never(`${what} is ${address}, ${kind} ${name} is about ${own === "ipv4" ? "IPv4" : "IPv6"}`);
  const member = members.find((one) => isMember(address, one));
  const wants = `${negate ? "not " : ""}one of ${kind} ${name} (${some(members)})`;
  return judge({ what, value: address, wants, test: () => (member !== undefined) !== negate, met: `${what} ${wants}` });
}

function isMember(address: string, member: string): boolean {
  const [first = "", last] = member.split("-");
  if (last !== undefined) return within(address, first, last);
  const prefix = parsePrefix(member);
  return prefix !== undefined && prefixHolds(prefix, address);
}

function some(members: readonly string[]): string {
  if (members.length === 0) return "empty";
  return members.length <= SHOWN
    ? members.join(", ")
    : `${members.slice(0, SHOWN).join(", ")} and ${members.length - SHOWN} more`;
}

function judgePorts(what: "source" | "destination", { port, group }: Source | Destination, packet: Packet): Finding[] {
  const listed = group["port-group"];
  if (port === undefined && listed === undefined) return [];
  const name = what === "source" ? "source port" : "destination port";
  if (packet.protocol !== undefined && !protocolHasPorts(packet.protocol)) {
    const icmp = packet.protocol === PROTOCOL_ICMP || packet.protocol === PROTOCOL_ICMPV6;
    return [never(`${icmp ? "ICMP" : "the protocol"} has no ports, rule wants ${name} ${port?.text ?? listed?.name ?? ""}`)];
  }
  const value = what === "source" ? packet.sourcePort : packet.destinationPort;
  const findings: Finding[] = [];
  if (port !== undefined) {
    const test = (one: number): boolean => port.ranges.some(({ first, last }) => first <= one && one <= last) !== port.negate;
    const wants = port.negate ? `not ${port.text.replace(/^!\s*/, "")}` : port.text;
    const met = value === undefined ? "" : `${name} ${value} in ${wants}`;
    findings.push(judge({ what: name, value, wants, test, met: String(value) === port.text ? `${name} ${value}` : met }));
  }
  if (listed !== undefined) {
    const { members, negate } = listed;
    if (members === undefined) return [...findings, never(`firewall port-group ${listed.name} does not exist: nothing matches`)];
    const wants = `${negate ? "not " : ""}one of port-group ${listed.name} (${some(members)})`;
    findings.push(judge({ what: name, value, wants, test: (one) => members.some((member) => hasPort(member, one)) !== negate }));
  }
  return findings;
}

function hasPort(member: string, port: number): boolean {
  const [first = 0, last = first] = member.split("-").map(Number);
  return first <= port && port <= last;
}

/** Whether the end is in a set of ipset(8). */
export function judgeSet(
  what: "source" | "destination",
  match: SetMatch | undefined,
  packet: Packet,
  inSets: ReadonlyMap<string, boolean> = new Map(),
): Finding[] {
  if (match === undefined) return [];
  const { name, negate, family } = match;
  const address = packet[what];
  if (family === undefined) return [never(`ipset ${name} does not exist: nothing matches`)];
  if (family !== packet.family)
    return [never(`${what} is ${address}, ipset ${name} is about ${family === "ipv4" ? "IPv4" : "IPv6"}`)];
  const wants = `${negate ? "not " : ""}in ipset ${name}`;
  const shown = (value: boolean): string => `${address}, which is ${value ? "" : "not "}in it`;
  const met = `${what} ${wants}`;
  return [judge({ what, value: inSets.get(`${name} ${address}`), shown, wants, test: (one) => one !== negate, met })];
}
