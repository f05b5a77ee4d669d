import type { Namespace } from "../namespace.ts";

/**
 * The router of the second opinion, on top of namespace.ts: hosts on eth0 and eth5 behind wires whose far ends p0 to p7 are in
 * the same namespace and answer to nobody. Uplinks may be on eth1 and eth2 (up), eth3 (no carrier) and eth4 (down); main's
 * default is by eth6, table 100 by eth7.
 */
export const ROUTER_MAC = (dev: string): string => `02:00:00:00:00:0${dev.slice(-1)}`;
export const HOST_MACS = ["02:00:00:00:aa:01", "02:00:00:00:aa:02"] as const;
/** Of the gateways. The second is another router in the network of eth1. */
export const GATEWAY_MACS = ["02:00:00:00:bb:01", "02:00:00:00:bb:02"] as const;
/** That router's addresses. */
export const SECOND_GATEWAY = { ipv4: "198.51.100.3", ipv6: "2001:db8:1::3" } as const;
/** What comes out of the router at that far end and is for the second gateway. */
export const SECOND_END = "p1 to the second gateway";

/**
 * Destinations that somebody else's firewall translates, of UDP that comes in: forwards from addresses of the router, servers
 * that are others than the client thinks, inside and outside. Rules are about the addresses that were asked for.
 */
export const FORWARDS: Readonly<Record<string, string>> = {
  "198.51.100.7": "192.168.188.11",
  "203.0.113.2": "192.168.50.10",
  "9.9.9.10": "192.168.188.12",
  "10.31.7.7": "10.31.8.8",
  "2001:db8:2::2": "2001:db8:50::10",
  "2620:fe::9": "2001:db8:a::10",
  "2001:db8:85::1": "2001:db8:86::1",
};

export const FAR_ENDS = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `p${n}`);

/** Hosts whose MAC address the router knows, by interface. */
export const HOSTS = {
  eth0: ["192.168.188.10", "192.168.188.11", "192.168.188.12", "192.168.188.13", "2001:db8:a::10", "2001:db8:a::11"],
  eth5: ["192.168.50.10", "192.168.50.11", "2001:db8:50::10"],
  eth1: ["198.51.100.1", "198.51.100.50", "2001:db8:1::1", "2001:db8:1::50"],
  eth2: ["203.0.113.1", "2001:db8:2::1"],
  eth3: [],
  eth6: ["10.6.0.1", "2001:db8:6::1"],
  eth7: ["10.7.0.1", "2001:db8:7::1"],
} as const;

/** What the router itself sends from. */
export const OWN = {
  ipv4: ["192.168.188.1", "198.51.100.2", "198.51.100.7", "203.0.113.2", "10.6.0.2"],
  ipv6: ["2001:db8:a::1", "2001:db8:1::2", "2001:db8:2::2", "2001:db8:6::2"],
} as const;

/** Sets of ipset that somebody keeps on the router, and what is in them. */
export const SETS = {
  OFFICE: { type: "hash:net", family: "ipv4", members: ["192.168.188.10", "192.168.50.0/24", "192.0.2.0/29", "10.31.0.0/16"] },
  OFFICE6: { type: "hash:ip", family: "ipv6", members: ["2001:db8:a::10", "2001:db8:99::7", "2001:db8:2::2"] },
} as const;

const SETUP = `
for i in 5 6 7; do
  ip link add eth$i type veth peer name p$i; ip link set eth$i addrgenmode none; sysctl -q net.ipv6.conf.p$i.disable_ipv6=1
  ip link set eth$i up; ip link set p$i up
done
for i in 0 1 2 3 4 5 6 7; do
  ip link set eth$i address 02:00:00:00:00:0$i
  sysctl -q net.ipv4.conf.eth$i.rp_filter=0 net.ipv4.conf.p$i.rp_filter=0
done
sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
sysctl -q net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratelimit=0 net.ipv4.conf.all.send_redirects=0
sysctl -q net.ipv6.icmp.ratemask=
for i in 0 1 2 3 4 5 6 7; do sysctl -q net.ipv4.conf.eth$i.send_redirects=0; done
ip addr add 192.168.50.1/24 dev eth5; ip addr add 2001:db8:50::1/64 dev eth5 nodad
ip addr add 10.6.0.2/24 dev eth6; ip addr add 2001:db8:6::2/64 dev eth6 nodad
ip addr add 10.7.0.2/24 dev eth7; ip addr add 2001:db8:7::2/64 dev eth7 nodad
ip route replace default via 10.6.0.1; ip -6 route del default; ip -6 route add default via 2001:db8:6::1
ip route add default via 10.7.0.1 table 100; ip -6 route add default via 2001:db8:7::1 table 100
`;

export async function makeWorld(router: Namespace): Promise<void> {
  const neighbours = Object.entries(HOSTS).flatMap(([dev, addresses]) =>
    addresses.map((address) => `ip neigh replace ${address} lladdr 02:00:00:00:cc:01 dev ${dev} nud permanent\n`),
  );
  const sets = Object.entries(SETS).flatMap(([name, { type, family, members }]) => [
    `ipset create ${name} ${type} family ${family === "ipv4" ? "inet" : "inet6"}\n`,
    ...members.map((member) => `ipset add ${name} ${member}\n`),
  ]);
  const second = Object.values(SECOND_GATEWAY).map(
    (address) => `ip neigh replace ${address} lladdr ${GATEWAY_MACS[1]} dev eth1 nud permanent\n`,
  );
  const program = (address: string): string => (address.includes(":") ? "ip6tables" : "iptables");
  const forwards = Object.entries(FORWARDS).map(
    ([from, to]) => `${program(from)} -t nat -A PREROUTING -p udp -d ${from} -j DNAT --to ${to}\n`,
  );
  // The kernel's helper of TFTP: a server answers a request from another port, which makes a related connection.
  const helpers = ["iptables", "ip6tables"].map((one) => `${one} -t raw -A PREROUTING -p udp --dport 69 -j CT --helper tftp\n`);
  await router.sh([SETUP, ...neighbours, ...second, ...forwards, ...helpers, ...sets].join(""));
}
