import type { Random } from "./random.ts";
import { GATEWAY_MACS, HOST_MACS } from "./world.ts";

/** Families that a rule's literals may be of. */
export type Flavour = "ipv4" | "ipv6" | "both";
export type Traffic = "forwarded" | "local" | "all" | "inbound";

/** Ports are drawn from here, so that rules and packets meet; others come in between. */
const PORTS = ["80", "443", "80,443,8000-8100", "!22", "!80,443", "1024-65535", "ssh", "53", "!1-1023", "5060-5061,8000"];
const MANY_PORTS = "1-21,80,443,2000,2002,2004,2006,2008,2010,2012,2014,2016,2018,2020,2022,2024,8000-8050";

/** Protocol, and what belongs to one only. */
export function protocol(flavour: Flavour, random: Random): string[] {
  const kinds = ["none", "none", "ports", "ports", "ports", "plain", "negated", "tcp"];
  if (flavour === "ipv4") kinds.push("icmp", "icmp");
  if (flavour === "ipv6") kinds.push("icmpv6", "icmpv6");
  switch (random.pick(kinds)) {
    case "ports": {
      const side = (name: string, probability: number): string[] => {
        if (!random.chance(probability)) return [];
        const lines = random.chance(0.8) ? [`${name} port ${random.chance(0.15) ? MANY_PORTS : random.pick(PORTS)}`] : [];
        if (lines.length === 0 || random.chance(0.1)) lines.push(`${name} group port-group ${random.pick(["PORTS", "!PORTS"])}`);
        return lines;
      };
      return [`protocol ${random.pick(["tcp", "udp", "tcp_udp"])}`, ...side("destination", 0.9), ...side("source", 0.2)];
    }
    case "plain":
      return [`protocol ${random.pick(["47", "50", "99", "udp", "tcp_udp", "all", "gre"])}`];
    case "negated":
      return [`protocol ${random.pick(["!tcp", "!udp", "!47", "!tcp_udp"])}`];
    case "tcp":
      return [
        "protocol tcp",
        `tcp flags ${random.pick(["SYN", "SYN,!ACK", "!SYN", "ACK", "RST", "!RST,!FIN", "SYN,PSH", "ALL"])}`,
      ];
    case "icmp":
      return [
        "protocol icmp",
        ...random.pick([["icmp type-name echo-request"], ["icmp type 13"], ["icmp type 8", "icmp code 0"], []]),
      ];
    case "icmpv6":
      return ["protocol icmpv6", ...random.pick([["icmpv6 type 128"], ["icmpv6 type-name echo-request"], []])];
    default:
      return [];
  }
}

const ADDRESSES = {
  ipv4: {
    source: [
      "192.168.188.0/24",
      "192.168.188.10",
      "!192.168.188.11",
      "192.168.188.11-192.168.188.12",
      "192.168.0.0/16",
      "10.20.0.0/16",
      "!192.168.50.0/24",
      "0.0.0.0/0",
    ],
    destination: [
      "192.0.2.0/24",
      "192.0.2.7",
      "!192.0.2.7",
      "192.0.2.10-192.0.2.20",
      "!192.0.2.16/28",
      "192.0.2.0/28",
      "9.9.9.9",
      "192.168.0.0/16",
      "198.51.100.0/24",
    ],
  },
  ipv6: {
    source: ["2001:db8:a::/64", "2001:db8:a::10", "!2001:db8:a::10", "2001:db8:a::5-2001:db8:a::10", "::/0"],
    destination: [
      "2001:db8:99::/48",
      "2001:db8:99::7",
      "!2001:db8:99::7",
      "2001:db8:99::5-2001:db8:99::1f",
      "2620:fe::fe",
      "2001:db8:50::/64",
    ],
  },
} as const;

/** Addresses, networks and groups of a side. */
export function side(name: "source" | "destination", flavour: Flavour, traffic: Traffic, random: Random): string[] {
  if (random.chance(0.45)) return [];
  const family = flavour === "both" ? undefined : flavour;
  const kind = random.number(10);
  // What comes in goes the other way round.
  const pool = traffic === "inbound" ? (name === "source" ? "destination" : "source") : name;
  if (family !== undefined && kind < 6)
    return [...new Set([random.pick(ADDRESSES[family][pool]), ...random.some(ADDRESSES[family][pool], 0.12)])].map(
      (one) => `${name} address ${one}`,
    );
  if (kind < 6)
    return random.chance(0.3)
      ? (["ipv4", "ipv6"] as const).map((one) => `${name} address ${random.pick(ADDRESSES[one][pool])}`)
      : [];
  if (kind === 6) return [`${name} interface-network ${random.pick(["eth0", "eth5", "eth6"])}`];
  if (kind === 7) return [`${name} interface-address ${random.pick(["eth0", "eth6"])}`];
  if (family === "ipv4")
    return [
      `${name} group ${random.pick(["address-group SMALL", "address-group !SMALL", "address-group LARGE", "address-group !LARGE", "network-group NETS", "network-group !NETS", "network-group MANY", "network-group !MANY", "network-group !EMPTY", "network-group EMPTY"])}`,
    ];
  if (family === "ipv6")
    return [
      `${name} group ${random.pick(["ipv6-address-group SMALL6", "ipv6-address-group !SMALL6", "ipv6-network-group NETS6", "ipv6-network-group !NETS6"])}`,
    ];
  return [];
}

/** Conditions that any rule of the kind of traffic may have. */
export function others(traffic: Traffic, random: Random): string[] {
  const lines: string[] = [];
  const maybe = (probability: number, ...values: string[]): void => {
    if (random.chance(probability)) lines.push(random.pick(values));
  };
  if (traffic === "forwarded" || traffic === "all")
    maybe(
      0.3,
      "inbound-interface eth0",
      "inbound-interface !eth0",
      "inbound-interface eth+",
      "inbound-interface !eth5",
      "inbound-interface eth5",
    );
  if (traffic === "inbound")
    maybe(0.4, "inbound-interface eth1", "inbound-interface !eth2", "inbound-interface eth2", "inbound-interface eth0");
  if (lines.length > 0 && random.chance(0.25))
    lines.push(random.pick(["inbound-interface !eth1", "inbound-interface eth5", "inbound-interface !p+"]));
  if (traffic !== "local")
    maybe(0.12, ...[...HOST_MACS, ...GATEWAY_MACS].flatMap((mac) => [`source mac-address ${mac}`, `source mac-address !${mac}`]));
  if (traffic === "local" || traffic === "all") {
    maybe(
      traffic === "local" ? 0.4 : 0.1,
      "user root",
      "user nobody",
      "user 1000-1005",
      "user !root",
      "user !1000-1999",
      "user 1-65534",
    );
    maybe(0.15, "user-group 1000", "user-group !root", "user-group nogroup");
  }
  maybe(0.1, "state new enable", "state invalid enable", "state invalid disable", "state new disable", "state related disable");
  maybe(0.1, "dscp ef", "dscp !10", "dscp 0", "dscp !0");
  maybe(0.06, "tos 17", "tos 0");
  maybe(0.08, "packet-length 100-200", "packet-length 0-99", "packet-length 1000-4000");
  maybe(0.05, "fragment match-non-frag");
  if (random.chance(0.15)) lines.push("time utc", ...when(random));
  maybe(0.1, "ipsec match-none", "ipsec match-none", "ipsec match-ipsec");
  maybe(0.1, "log enable");
  return [...new Set(lines)];
}

/** The moment at which packets are said to come: it is that of the run, and every window is hours away from its ends. */
export const NOW = Math.floor(Date.now() / 1000);

function when(random: Random): string[] {
  const hours = (count: number): string => new Date((NOW + count * 3600) * 1000).toISOString().slice(0, 19);
  const clock = (count: number): string => hours(count).slice(11);
  const past = random.number(3);
  const [from, to] = random.pick([
    [-3, 3],
    [3, -3],
    [-11, 2],
    [2, 11],
    [-5, -2],
  ] as const);
  const dates = [
    ...(random.chance(0.3) ? [`time startdate ${past === 0 ? hours(30) : hours(-90).slice(0, 10)}`] : []),
    ...(random.chance(0.3) ? [`time stopdate ${past === 1 ? hours(-60) : hours(100).slice(0, 10)}`] : []),
  ];
  const window = [`time starttime ${clock(from)}`, `time stoptime ${clock(to)}`];
  return dates.length === 0 || random.chance(0.7) ? [...dates, ...window] : dates;
}
