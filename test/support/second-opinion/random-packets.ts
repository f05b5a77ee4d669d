import type { Rule } from "../../../src/config/schema.ts";
import type { TcpFlag } from "../../../src/config/values/packet.ts";
import { decide } from "../../../src/explain/decide.ts";
import type { Lines } from "../../../src/explain/follow.ts";
import { judgeRule } from "../../../src/explain/judge-rule.ts";
import { lengthOf, type Wanted } from "./packet-bytes.ts";
import { passesFilter } from "./path-filter.ts";
import type { Random } from "./random.ts";
import { NOW } from "./random-matches.ts";
import { FORWARDS, GATEWAY_MACS, HOST_MACS, HOSTS, OWN } from "./world.ts";

/** Of so many packets drawn, the one is sent that a rule comes nearest to matching. */
const DRAWN = 50;

const OUTSIDE = {
  ipv4: [
    "192.0.2.1",
    "192.0.2.5",
    "192.0.2.6",
    "192.0.2.7",
    "192.0.2.8",
    "192.0.2.10",
    "192.0.2.11",
    "192.0.2.15",
    "192.0.2.16",
    "192.0.2.20",
    "192.0.2.21",
    "192.0.2.24",
    "9.9.9.9",
    "9.9.9.10",
    "10.31.7.7",
    "10.9.3.1",
  ],
  ipv6: [
    "2001:db8:99::4",
    "2001:db8:99::5",
    "2001:db8:99::7",
    "2001:db8:99::10",
    "2001:db8:99::1f",
    "2001:db8:99::20",
    "2001:db8:85::1",
    "2620:fe::fe",
    "2620:fe::9",
  ],
} as const;
const INSIDE = {
  ipv4: [...HOSTS.eth0.slice(0, 4), ...HOSTS.eth5.slice(0, 2), "10.20.1.1", "192.168.70.9"],
  ipv6: [...HOSTS.eth0.slice(4), ...HOSTS.eth5.slice(2), "2001:db8:b::9"],
} as const;
const REACHED = {
  ipv4: [...HOSTS.eth0.slice(0, 4), ...HOSTS.eth5.slice(0, 2)],
  ipv6: [...HOSTS.eth0.slice(4), ...HOSTS.eth5.slice(2)],
} as const;
const NEAR = { ipv4: ["198.51.100.50", "192.168.50.10", "192.168.50.11"], ipv6: ["2001:db8:1::50", "2001:db8:50::10"] } as const;

const PORTS = [
  22, 53, 69, 69, 79, 80, 81, 442, 443, 444, 447, 1, 1023, 1024, 2002, 2003, 5060, 5061, 8000, 8003, 8010, 8011, 8050, 8100, 8101,
  65535,
];
const TOS = [0, 0, 0, 17, 184, 40, 185];
const PADDING = [0, 0, 30, 60, 64, 100, 171, 172, 1000, 1300];

/** Flags of TCP, and what connection tracking says of a first packet with them (nf_conntrack_proto_tcp, `tcp_loose` 1). */
const FLAGS: readonly (readonly [readonly TcpFlag[], "new" | "invalid"])[] = [
  [["SYN"], "new"],
  [["SYN"], "new"],
  [["SYN", "PSH"], "new"],
  [["ACK"], "new"],
  [["PSH", "ACK"], "new"],
  [["RST"], "invalid"],
  [["RST", "ACK"], "invalid"],
  [["SYN", "ACK"], "invalid"],
  [["FIN", "SYN", "RST", "PSH", "ACK", "URG"], "invalid"],
];

/** Where a packet begins. */
function arrivals(rule: Rule | undefined, random: Random): string | undefined {
  const traffic = rule?.traffic ?? random.pick(["forwarded", "local", "inbound"]);
  if (traffic === "local" || (traffic === "all" && random.chance(0.5))) return undefined;
  return traffic === "inbound" || random.chance(0.15)
    ? random.pick(["eth1", "eth1", "eth2", "eth6", "eth0"])
    : random.pick(["eth0", "eth0", "eth5"]);
}

function draw(id: number, rule: Rule | undefined, random: Random): Wanted {
  const family = random.chance(0.6) ? "ipv4" : "ipv6";
  const inbound = arrivals(rule, random);
  const outside = inbound !== undefined && inbound !== "eth0" && inbound !== "eth5";
  const near = random.chance(0.12) ? NEAR[family] : OUTSIDE[family];
  const own = random.chance(0.08);
  const spoofed = outside && random.chance(0.05);
  const ends =
    inbound === undefined
      ? { source: random.pick(OWN[family]), destination: random.pick(near) }
      : outside
        ? {
            source: random.pick(spoofed ? REACHED[family] : OUTSIDE[family]),
            destination: random.pick(own ? OWN[family] : REACHED[family]),
          }
        : { source: random.pick(INSIDE[family]), destination: random.pick(own ? OWN[family] : near) };
  const icmp = family === "ipv4" ? 1 : 58;
  const protocol = own ? random.pick([6, 17, 17, icmp]) : random.pick([6, 6, 17, 17, 17, icmp, 47, 50, 99]);
  const [tcpFlags, tcpState] = random.pick(FLAGS);
  const echo = family === "ipv4" ? 8 : 128;
  const icmpType = random.pick(own ? [echo] : family === "ipv4" ? [echo, echo, 13, 0] : [echo, echo, 129]);
  const isError = protocol === icmp && (icmpType === 0 || icmpType === 129);
  const packet: Wanted = {
    id,
    family,
    ...ends,
    protocol,
    ...(inbound === undefined
      ? { user: random.pick([0, 1000, 1003, 1500, 65534]), userGroup: random.pick([0, 1000, 65534]) }
      : { inbound, mac: random.pick(outside ? GATEWAY_MACS : HOST_MACS) }),
    ...(protocol === 6 || protocol === 17 ? { sourcePort: port(random), destinationPort: port(random) } : {}),
    ...(protocol === 6 ? { tcpFlags } : {}),
    ...(protocol === icmp ? { icmpType, icmpCode: random.pick([0, 0, 1]) } : {}),
    tos: random.pick(TOS),
    padding: random.pick(PADDING),
    ipsec: false,
    at: NOW,
    state: isError ? "invalid" : protocol === 6 ? tcpState : "new",
  };
  const fragmented = inbound !== undefined && protocol === 17 && packet.padding >= 1000 && random.chance(0.5);
  return { ...packet, length: lengthOf(packet), ...(fragmented ? { fragmented } : {}) };
}

function port(random: Random): number {
  return random.chance(0.8) ? random.pick(PORTS) : 1 + random.number(65535);
}

/**
 * Packets for a configuration: most are such that some rule of it matches or nearly does. No two are of one connection.
 * `from`: the first id.
 */
export function randomPackets(count: number, from: number, known: Lines, random: Random): Wanted[] {
  const rules = Object.values(known.config.rule).filter(({ disable }) => !disable);
  const used = new Set<string>();
  const packets: Wanted[] = [];
  while (packets.length < count) {
    const rule = random.chance(0.1) ? undefined : random.pick(rules);
    const drawn = Array.from({ length: rule === undefined ? 1 : DRAWN }, () => draw(from + packets.length, rule, random));
    const failures = (packet: Wanted): number => {
      if (rule === undefined) return 0;
      const asked = packet.inbound === undefined ? "local" : rule.traffic === "inbound" ? "inbound" : "forwarded";
      return judgeRule(rule, packet, asked, known).filter(({ holds }) => holds !== true).length;
    };
    const wanted = random.chance(0.25) ? 1 : 0;
    const [best] = drawn.map((packet) => ({ packet, off: Math.abs(failures(packet) - wanted) })).sort((a, b) => a.off - b.off);
    if (best === undefined || connections(best.packet).some((one) => used.has(one))) continue;
    if (isByChance(best.packet, known)) continue;
    if (best.packet.source === (FORWARDS[best.packet.destination] ?? best.packet.destination)) continue;
    for (const one of connections(best.packet)) used.add(one);
    packets.push(best.packet);
  }
  return packets;
}

/** A balanced group on whose choice it depends whether the packet passes reverse path filtering. */
function isByChance(packet: Wanted, known: Lines): boolean {
  const { target, aim = target } = decide(packet, known);
  return passesFilter(packet, aim, known) === undefined;
}

/**
 * The same in both directions. Without ports or the like, two connections to one destination that source NAT gives the same
 * address are one: the kernel drops the second.
 */
function connections({ id, source, destination, protocol, sourcePort, destinationPort }: Wanted): string[] {
  const reached = FORWARDS[destination] ?? destination;
  const ends = [`${source} ${sourcePort ?? ""}`, `${reached} ${destinationPort ?? ""}`].sort().join(" ");
  if (protocol === 1 || protocol === 58) return [`${protocol} ${ends} ${id}`];
  return sourcePort === undefined ? [`${protocol} ${ends}`, `${protocol} to ${destination}`] : [`${protocol} ${ends}`];
}
