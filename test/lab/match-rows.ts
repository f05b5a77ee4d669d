import type { HostName } from "../support/lab-map.ts";

/** Where a packet is seen: at the uplink's gateway, at the provider that main prefers, or at neither. */
export type Arrival = "dsl" | "bgp1" | "nowhere";

/** One packet, to an address of its own; a datagram unless something else is said. */
export interface Packet {
  /** Default lan. */
  readonly from?: HostName;
  readonly family: 4 | 6;
  /** Options of socat's address, `ip-tos=184`. */
  readonly socat?: string;
  /** Number of the protocol of a packet that is no datagram, and its bytes for printf(1). */
  readonly raw?: readonly [protocol: number, bytes: string];
  /** A TCP segment with these flags in hex, that belongs to no connection. */
  readonly tcp?: string;
  /** How long the datagram is; default 1. */
  readonly bytes?: number;
  /** An echo request instead, by ping(8). */
  readonly ping?: true;
  /** What runs it on the router: `setpriv --reuid 1005 ...`. */
  readonly as?: string;
  readonly arrives: Arrival;
}

/** A rule, and packets that it is for or not. */
export interface Row {
  readonly name: string;
  /** Below `rule N`. PORT, ADDRESS4 and ADDRESS6 stand for a port and networks of the row's own. */
  readonly rule: readonly string[];
  /** Default `set uplink dsl`. */
  readonly action?: string;
  readonly packets: readonly Packet[];
}

const both = (packet: Omit<Packet, "family">): Packet[] => [
  { family: 4, ...packet },
  { family: 6, ...packet },
];
const hit = both({ arrives: "dsl" });
const miss = both({ arrives: "bgp1" });
const fromOffice = (arrives: Arrival) => both({ from: "office", arrives });
const lan11 = (arrives: Arrival): Packet => ({ family: 4, socat: "bind=192.168.188.11", arrives });
const v4 = (arrives: Arrival): Packet => ({ family: 4, arrives });
const v6 = (arrives: Arrival): Packet => ({ family: 6, arrives });
const sourcePort = (port: number, arrives: Arrival) => both({ socat: `sourceport=${port}`, arrives });
const tos = (value: number, arrives: Arrival): Packet[] => [
  { family: 4, socat: `ip-tos=${value}`, arrives },
  { family: 6, socat: `ipv6-tclass=${value}`, arrives },
];
const user = (id: number, arrives: Arrival) => both({ from: "router", as: `setpriv --reuid ${id} --clear-groups`, arrives });
const userGroup = (id: number, arrives: Arrival) => both({ from: "router", as: `setpriv --regid ${id} --clear-groups`, arrives });
/** Echo reply, number 1, nothing in it: to nobody's question. */
const REPLY: readonly [number, string] = [1, "\\000\\000\\377\\376\\000\\001\\000\\000"];

const udp = (...rule: string[]) => ["protocol udp", "destination port PORT", ...rule];

/** Every condition of the language. MAC stands for the LAN host's. */
export const ROWS: readonly Row[] = [
  { name: "no literal: both families", rule: udp(), packets: [...hit, ...fromOffice("dsl")] },
  { name: "family ipv6", rule: udp("family ipv6"), packets: [v4("bgp1"), v6("dsl")] },
  { name: "an address", rule: udp("source address 192.168.188.10"), packets: [v4("dsl"), lan11("bgp1"), v6("bgp1")] },
  {
    name: "addresses of both families, with one negated",
    rule: udp("source address 192.168.188.0/24", "source address !192.168.188.11", "source address 2001:db8:188::/64"),
    packets: [...hit, lan11("bgp1"), ...fromOffice("bgp1")],
  },
  {
    name: "a range of addresses",
    rule: udp("source address 192.168.188.2-192.168.188.10"),
    packets: [v4("dsl"), lan11("bgp1")],
  },
  {
    name: "more ports than multiport takes",
    rule: udp(`source port ${Array.from({ length: 20 }, (_, i) => 5001 + 2 * i).join()},6000-6009`),
    packets: [...sourcePort(5039, "dsl"), ...sourcePort(6009, "dsl"), ...sourcePort(5038, "bgp1"), ...sourcePort(6010, "bgp1")],
  },
  {
    name: "negated ports",
    rule: udp("source port !5100,5200-5210"),
    packets: [...sourcePort(5101, "dsl"), ...sourcePort(5100, "bgp1"), ...sourcePort(5205, "bgp1")],
  },
  { name: "mac-address", rule: udp("source mac-address MAC"), packets: [...hit, ...fromOffice("bgp1")] },
  { name: "mac-address negated", rule: udp("source mac-address !MAC"), packets: [...miss, ...fromOffice("dsl")] },
  { name: "inbound-interface", rule: udp("inbound-interface eth0"), packets: [...hit, ...fromOffice("bgp1")] },
  { name: "inbound-interface negated", rule: udp("inbound-interface !eth0"), packets: [...miss, ...fromOffice("dsl")] },
  { name: "inbound-interface with a wildcard", rule: udp("inbound-interface eth+"), packets: [...hit, ...fromOffice("dsl")] },
  { name: "another wildcard", rule: udp("inbound-interface ppp+"), packets: miss },
  { name: "a wildcard negated", rule: udp("inbound-interface !eth+"), packets: miss },
  {
    name: "two interfaces negated",
    rule: udp("inbound-interface !eth0", "inbound-interface !eth3"),
    packets: [...miss, ...fromOffice("dsl")],
  },
  { name: "interface-network", rule: udp("source interface-network eth0"), packets: [...hit, ...fromOffice("bgp1")] },
  {
    name: "interface-address",
    rule: udp("traffic local", "source interface-address eth2"),
    packets: [
      { family: 4, from: "router", socat: "bind=192.0.2.2", arrives: "dsl" },
      { family: 4, from: "router", socat: "bind=192.0.2.6", arrives: "bgp1" },
    ],
  },
  {
    name: "a small address-group",
    rule: udp("source group address-group SMALL"),
    packets: [v4("dsl"), lan11("bgp1"), v6("bgp1")],
  },
  { name: "the same negated", rule: udp("source group address-group !SMALL"), packets: [v4("bgp1"), lan11("dsl"), v6("bgp1")] },
  { name: "a large address-group", rule: udp("source group address-group LARGE"), packets: [v4("dsl"), lan11("bgp1")] },
  { name: "the same negated", rule: udp("source group address-group !LARGE"), packets: [v4("bgp1"), lan11("dsl")] },
  {
    name: "a group that includes one, and a network-group",
    rule: udp("source group address-group OUTER", "destination group network-group INTERNET"),
    packets: [v4("dsl"), lan11("bgp1")],
  },
  { name: "network-group negated", rule: udp("destination group network-group !INTERNET"), packets: [v4("bgp1")] },
  { name: "an empty group", rule: udp("source group network-group EMPTY"), packets: [v4("bgp1")] },
  { name: "an empty group negated", rule: udp("source group network-group !EMPTY"), packets: [v4("dsl"), v6("bgp1")] },
  {
    name: "ipv6-address-group",
    rule: udp("source group ipv6-address-group HOSTS6"),
    packets: [v6("dsl"), v4("bgp1"), { family: 6, from: "office", arrives: "bgp1" }],
  },
  {
    name: "a large ipv6-network-group negated",
    rule: udp("source group ipv6-network-group !NETS6"),
    packets: [v6("bgp1"), v4("bgp1"), { family: 6, from: "office", arrives: "dsl" }],
  },
  {
    name: "port-group",
    rule: udp("source group port-group PORTS"),
    packets: [...sourcePort(5319, "dsl"), ...sourcePort(5355, "dsl"), ...sourcePort(5320, "bgp1")],
  },
  {
    name: "port-group and port",
    rule: udp("source group port-group PORTS", "source port !5303"),
    packets: [...sourcePort(5301, "dsl"), ...sourcePort(5303, "bgp1"), ...sourcePort(5302, "bgp1")],
  },
  {
    name: "port-group negated",
    rule: udp("source group port-group !PORTS"),
    packets: [...sourcePort(5318, "dsl"), ...sourcePort(5317, "bgp1")],
  },
  { name: "user", rule: udp("traffic local", "user mldonkey"), packets: [...user(1005, "dsl"), ...user(1006, "bgp1")] },
  { name: "user negated", rule: udp("traffic local", "user !mldonkey"), packets: [...user(1005, "bgp1"), ...user(0, "dsl")] },
  {
    name: "a range of user ids",
    rule: udp("traffic local", "user 1000-1005"),
    packets: [...user(1005, "dsl"), ...user(1000, "dsl"), ...user(1006, "bgp1"), ...user(999, "bgp1")],
  },
  {
    name: "a range of user ids negated",
    rule: udp("traffic local", "user !1000-1005"),
    packets: [...user(1005, "bgp1"), ...user(1006, "dsl"), ...user(999, "dsl")],
  },
  {
    name: "user-group",
    rule: udp("traffic local", "user-group p2p"),
    packets: [...userGroup(1007, "dsl"), ...userGroup(1005, "bgp1")],
  },
  {
    name: "user, traffic all: nothing that is forwarded",
    rule: udp("traffic all", "user !0"),
    packets: [...miss, ...user(7, "dsl")],
  },
  {
    name: "mac-address, traffic all: nothing of the router's own",
    rule: udp("traffic all", "source mac-address !52:54:00:00:00:01"),
    packets: [...hit, ...user(0, "bgp1")],
  },
  { name: "state new", rule: udp("state new enable"), packets: hit },
  { name: "state new disabled", rule: udp("state new disable"), packets: miss },
  { name: "state established disabled", rule: udp("state established disable"), packets: hit },
  { name: "state related", rule: udp("state related enable"), packets: miss },
  {
    name: "state invalid: what belongs to no connection",
    rule: ["protocol icmp", "destination address ADDRESS4", "state invalid enable"],
    packets: [
      { family: 4, raw: REPLY, arrives: "dsl" },
      { family: 4, ping: true, arrives: "bgp1" },
    ],
  },
  {
    name: "state new is not invalid",
    rule: ["protocol icmp", "destination address ADDRESS4", "state new enable"],
    packets: [
      { family: 4, raw: REPLY, arrives: "bgp1" },
      { family: 4, ping: true, arrives: "dsl" },
    ],
  },
  {
    name: "dscp",
    rule: udp("dscp ef"),
    packets: [...tos(184, "dsl"), ...tos(185, "dsl"), ...tos(176, "bgp1"), ...miss],
  },
  { name: "dscp negated", rule: udp("dscp !46"), packets: [...tos(184, "bgp1"), ...tos(176, "dsl"), ...hit] },
  {
    name: "tos: the whole byte",
    rule: udp("tos minimize-delay"),
    packets: [...tos(16, "dsl"), ...tos(17, "bgp1"), ...tos(20, "bgp1"), ...miss],
  },
  {
    name: "icmp type-name",
    rule: ["protocol icmp", "icmp type-name echo-request", "destination address ADDRESS4"],
    packets: [{ family: 4, ping: true, arrives: "dsl" }, { family: 4, raw: REPLY, arrives: "bgp1" }, v4("bgp1")],
  },
  {
    name: "icmp type and code",
    rule: ["protocol icmp", "icmp type 8", "icmp code 0", "destination address ADDRESS4"],
    packets: [{ family: 4, ping: true, arrives: "dsl" }],
  },
  {
    name: "another icmp code",
    rule: ["protocol icmp", "icmp type 8", "icmp code 1", "destination address ADDRESS4"],
    packets: [{ family: 4, ping: true, arrives: "bgp1" }],
  },
  {
    name: "icmpv6 type-name",
    rule: ["protocol icmpv6", "icmpv6 type-name echo-request", "destination address ADDRESS6"],
    packets: [{ family: 6, ping: true, arrives: "dsl" }, v6("bgp1")],
  },
  {
    name: "another icmpv6 type",
    rule: ["protocol ipv6-icmp", "icmpv6 type 129", "destination address ADDRESS6"],
    packets: [{ family: 6, ping: true, arrives: "bgp1" }],
  },
  {
    name: "a protocol by name",
    rule: ["protocol ospf", "destination address ADDRESS4", "destination address ADDRESS6"],
    packets: [...both({ raw: [89, "x"], arrives: "dsl" }), ...both({ raw: [88, "x"], arrives: "bgp1" }), ...miss],
  },
  {
    name: "a protocol by number",
    rule: ["protocol 253", "destination address ADDRESS4", "destination address ADDRESS6"],
    packets: [...both({ raw: [253, "x"], arrives: "dsl" }), ...both({ raw: [254, "x"], arrives: "bgp1" })],
  },
  {
    name: "a protocol negated",
    rule: ["protocol !udp", "destination address ADDRESS4", "destination address ADDRESS6"],
    packets: [...both({ raw: [253, "x"], arrives: "dsl" }), ...miss],
  },
  { name: "tcp_udp", rule: ["protocol tcp_udp", "destination port PORT"], packets: hit },
  {
    name: "tcp_udp negated",
    rule: ["protocol !tcp_udp", "destination address ADDRESS4", "destination address ADDRESS6"],
    packets: [...both({ raw: [253, "x"], arrives: "dsl" }), ...miss],
  },
  {
    name: "tcp flags",
    rule: ["protocol tcp", "destination port PORT", "tcp flags SYN,!ACK"],
    packets: [
      ...both({ tcp: "02", arrives: "dsl" }),
      ...both({ tcp: "12", arrives: "bgp1" }),
      ...both({ tcp: "10", arrives: "bgp1" }),
    ],
  },
  {
    name: "tcp flags not set",
    rule: ["protocol tcp", "tcp flags !SYN,!RST", "destination address ADDRESS4", "destination address ADDRESS6"],
    packets: [
      ...both({ tcp: "10", arrives: "dsl" }),
      ...both({ tcp: "02", arrives: "bgp1" }),
      ...both({ tcp: "04", arrives: "bgp1" }),
    ],
  },
  {
    name: "packet-length, with the IP header",
    rule: udp("packet-length 128-148"),
    packets: [
      { family: 4, bytes: 100, arrives: "dsl" },
      { family: 4, bytes: 99, arrives: "bgp1" },
      { family: 6, bytes: 100, arrives: "dsl" },
      { family: 6, bytes: 101, arrives: "bgp1" },
    ],
  },
  {
    name: "packets in fragments are looked at as a whole",
    rule: udp("fragment match-non-frag", "packet-length 3000-4000"),
    packets: [...both({ bytes: 3000, arrives: "dsl" }), ...both({ bytes: 2000, arrives: "bgp1" })],
  },
  { name: "action drop", rule: udp(), action: "action drop", packets: both({ arrives: "nowhere" }) },
  { name: "action prohibit", rule: udp(), action: "action prohibit", packets: both({ arrives: "nowhere" }) },
  { name: "action exempt", rule: udp(), action: "action exempt", packets: miss },
  { name: "set table main", rule: udp(), action: "set table main", packets: miss },
  { name: "log", rule: udp("log enable"), packets: hit },
];

/** The groups of the router's firewall that the rows name. */
export const GROUPS: readonly string[] = [
  "address-group SMALL address 192.168.188.10",
  "address-group SMALL address 192.168.188.12-192.168.188.20",
  ...Array.from({ length: 10 }, (_, i) => `address-group LARGE address 10.0.${i}.1`),
  "address-group LARGE address 192.168.188.3-192.168.188.10",
  "address-group OUTER include SMALL",
  "network-group INTERNET network 203.0.113.0/24",
  "network-group EMPTY",
  "ipv6-address-group HOSTS6 address 2001:db8:188::10",
  ...Array.from({ length: 9 }, (_, i) => `ipv6-network-group NETS6 network 2001:db8:18${i}::/48`),
  ...Array.from({ length: 20 }, (_, i) => `port-group PORTS port ${i === 19 ? "5350-5359" : 5301 + 2 * i}`),
];
