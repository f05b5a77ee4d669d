/**
 * The lab's map. Every address is from a documentation or private range. "The internet" is one address that every provider
 * has on its own loopback, so that the answer tells which way a packet went.
 *
 *   lan 192.168.188.10 --- eth0 [         ] eth1 --- dslam ---+-- dsl   198.51.100.1   DHCP, IPv6 2001:db8:51::1
 *   office 192.168.50.10 - eth4 [ router  ]                   +-- dsl2  198.51.100.254
 *     (and 192.168.77.10)       [         ] eth2 --- bgp1 192.0.2.1   AS 64501, preferred
 *                               [         ] eth3 --- bgp2 192.0.2.5   AS 64502
 */
export const INTERNET = { ipv4: "203.0.113.10", ipv6: "2001:db8:113::10" } as const;
/** Another address "in the internet", on every provider: where connections from outside come from. */
export const STRANGER = { ipv4: "203.0.113.77", ipv6: "2001:db8:113::77" } as const;

export const HOSTS = ["lan", "office", "router", "dslam", "dsl", "dsl2", "bgp1", "bgp2"] as const;
export type HostName = (typeof HOSTS)[number];
export const PROVIDERS = ["dsl", "dsl2", "bgp1", "bgp2"] as const;
export type Provider = (typeof PROVIDERS)[number];

/** The two gateways of the DSL provider; each is a host of its own, so that it is seen which one a packet was sent to. */
export const DSL_GATEWAY = { dsl: "198.51.100.1", dsl2: "198.51.100.254" } as const;

export const ROUTER = {
  lan: { ipv4: "192.168.188.1", ipv6: "2001:db8:188::1" },
  dsl: { ipv6: "2001:db8:51::57" },
  bgp1: { ipv4: "192.0.2.2", ipv6: "2001:db8:e1::2" },
  bgp2: { ipv4: "192.0.2.6", ipv6: "2001:db8:e2::2" },
} as const;

/** [host, interface there, host, interface there] */
export const WIRES: readonly (readonly [HostName, string, HostName, string])[] = [
  ["router", "eth0", "lan", "eth0"],
  ["router", "eth1", "dslam", "line"],
  ["router", "eth2", "bgp1", "eth0"],
  ["router", "eth3", "bgp2", "eth0"],
  ["router", "eth4", "office", "eth0"],
  ["dslam", "port1", "dsl", "eth0"],
  ["dslam", "port2", "dsl2", "eth0"],
];

/** Lines for `ip -batch`, by host. nodad: duplicate detection would keep an address unusable for a second. */
export const SETUP: Readonly<Record<HostName, readonly string[]>> = {
  lan: [
    "addr add 192.168.188.10/24 dev eth0",
    "addr add 192.168.188.11/24 dev eth0",
    "addr add 2001:db8:188::10/64 dev eth0 nodad",
    "route add default via 192.168.188.1",
    "route add default via 2001:db8:188::1",
  ],
  office: [
    "addr add 192.168.50.10/24 dev eth0",
    "addr add 192.168.77.10/32 dev lo",
    "addr add 2001:db8:50::10/64 dev eth0 nodad",
    "route add default via 192.168.50.1",
    "route add default via 2001:db8:50::1",
  ],
  router: [
    "addr add 192.168.188.1/24 dev eth0",
    "addr add 2001:db8:188::1/64 dev eth0 nodad",
    "addr add 2001:db8:51::57/64 dev eth1 nodad",
    "addr add 192.0.2.2/30 dev eth2",
    "addr add 2001:db8:e1::2/64 dev eth2 nodad",
    "addr add 192.0.2.6/30 dev eth3",
    "addr add 2001:db8:e2::2/64 dev eth3 nodad",
    "addr add 192.168.50.1/24 dev eth4",
    "addr add 2001:db8:50::1/64 dev eth4 nodad",
    "route add 192.168.77.0/24 via 192.168.50.10",
  ],
  dslam: [
    "link add line0 type bridge",
    ...["line", "port1", "port2"].map((port) => `link set ${port} master line0`),
    "link set line0 up",
  ],
  dsl: ["addr add 198.51.100.1/24 dev eth0", "addr add 2001:db8:51::1/64 dev eth0 nodad", ...internet()],
  dsl2: ["addr add 198.51.100.254/24 dev eth0", "addr add 2001:db8:51::2/64 dev eth0 nodad", ...internet()],
  bgp1: [
    "addr add 192.0.2.1/30 dev eth0",
    "addr add 2001:db8:e1::1/64 dev eth0 nodad",
    ...internet(),
    ...back("192.0.2.2", "2001:db8:e1::2"),
  ],
  bgp2: [
    "addr add 192.0.2.5/30 dev eth0",
    "addr add 2001:db8:e2::1/64 dev eth0 nodad",
    ...internet(),
    ...back("192.0.2.6", "2001:db8:e2::2"),
  ],
};

function internet(): string[] {
  return [INTERNET.ipv4, INTERNET.ipv6, STRANGER.ipv4, STRANGER.ipv6].map((address) => `addr add ${address} dev lo`);
}

/** The BGP providers carry the LAN's own networks; the DSL provider knows only the address it leased. */
function back(gateway: string, gateway6: string): string[] {
  return [`route add 192.168.188.0/24 via ${gateway}`, `route add 2001:db8:188::/64 via ${gateway6}`];
}

/** Addresses a host's servers answer on. */
export const SERVES: Readonly<Record<HostName, readonly string[]>> = {
  lan: ["192.168.188.10", "2001:db8:188::10"],
  office: ["192.168.50.10", "192.168.77.10", "2001:db8:50::10"],
  router: [],
  dslam: [],
  dsl: Object.values(INTERNET),
  dsl2: Object.values(INTERNET),
  bgp1: Object.values(INTERNET),
  bgp2: Object.values(INTERNET),
};
