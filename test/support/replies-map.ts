import { STRANGER } from "./lab-map.ts";
import type { WiredMap } from "./wired-world.ts";

/**
 * Two lines of their own, and a network with two gateways. The internet is one address that all four providers have, and so is
 * the stranger who calls from it. main's default is isp1.
 *
 *   lan 192.168.188.10 -------- eth0 [ router ] eth1 --- isp1 192.0.2.1
 *     (10.50.0.10 behind it)         [        ] eth2 --- isp2 198.51.100.1
 *                                    [        ] eth5 --- switch --- x 100.64.5.1, y 100.64.5.3
 */
export const GATEWAY_MAC = { x: "52:54:00:c2:a5:01", y: "52:54:00:c2:a5:03" } as const;
export const INTERNET = { ipv4: "203.0.113.10", ipv6: "2001:db8:113::10" } as const;
/** Addresses of the router as its providers call it. */
export const CALLED = {
  isp1: { ipv4: "192.0.2.2", ipv6: "2001:db8:1::2" },
  isp2: { ipv4: "198.51.100.2", ipv6: "2001:db8:2::2" },
  x: { ipv4: "100.64.5.2", ipv6: "2001:db8:5::2" },
  y: { ipv4: "100.64.5.2", ipv6: "2001:db8:5::2" },
} as const;
export type Provider = keyof typeof CALLED;
export const PROVIDERS = Object.keys(CALLED) as Provider[];

/** `own` lines: the router may forward to it without NAT. */
function provider(address: string, address6: string, router: Provider, ...more: readonly string[]) {
  const everywhere = [INTERNET.ipv4, INTERNET.ipv6, STRANGER.ipv4, STRANGER.ipv6].map((one) => `addr add ${one} dev lo`);
  const back = ["192.168.188.0/24", "10.50.0.0/24"].map((net) => `route add ${net} via ${CALLED[router].ipv4}`);
  return {
    setup: [
      ...more,
      `addr add ${address}/24 dev eth0`,
      `addr add ${address6}/64 dev eth0 nodad`,
      ...everywhere,
      ...back,
      `route add 2001:db8:a::/64 via ${CALLED[router].ipv6}`,
    ],
    serves: [INTERNET.ipv4, INTERNET.ipv6],
  };
}

export const REPLIES: WiredMap<Provider | "lan" | "router" | "switch"> = {
  wires: [
    ["router", "eth0", "lan", "eth0"],
    ["router", "eth1", "isp1", "eth0"],
    ["router", "eth2", "isp2", "eth0"],
    ["router", "eth5", "switch", "line"],
    ["switch", "port1", "x", "eth0"],
    ["switch", "port2", "y", "eth0"],
  ],
  hosts: {
    lan: {
      setup: [
        "addr add 192.168.188.10/24 dev eth0",
        "addr add 10.50.0.10/32 dev lo",
        "addr add 2001:db8:a::10/64 dev eth0 nodad",
        "route add default via 192.168.188.1",
        "route add default via 2001:db8:a::1",
      ],
      serves: ["192.168.188.10", "10.50.0.10", "2001:db8:a::10"],
    },
    router: {
      setup: [
        "addr add 192.168.188.1/24 dev eth0",
        "addr add 2001:db8:a::1/64 dev eth0 nodad",
        "addr add 192.0.2.2/24 dev eth1",
        "addr add 2001:db8:1::2/64 dev eth1 nodad",
        "addr add 198.51.100.2/24 dev eth2",
        "addr add 2001:db8:2::2/64 dev eth2 nodad",
        "addr add 100.64.5.2/24 dev eth5",
        "addr add 2001:db8:5::2/64 dev eth5 nodad",
        "route add 10.50.0.0/24 via 192.168.188.10",
        "route add default via 192.0.2.1",
        "route add default via 2001:db8:1::1",
      ],
      serves: ["0.0.0.0", "::1", ...PROVIDERS.slice(0, 3).map((name) => CALLED[name].ipv6)],
    },
    switch: {
      setup: [
        "link add br0 type bridge",
        ...["line", "port1", "port2"].map((port) => `link set ${port} master br0`),
        "link set br0 up",
      ],
    },
    isp1: provider("192.0.2.1", "2001:db8:1::1", "isp1"),
    isp2: provider("198.51.100.1", "2001:db8:2::1", "isp2"),
    x: provider("100.64.5.1", "2001:db8:5::1", "x", `link set eth0 address ${GATEWAY_MAC.x}`),
    y: provider("100.64.5.3", "2001:db8:5::3", "y", `link set eth0 address ${GATEWAY_MAC.y}`),
  },
};

/** All four lines as uplinks. */
export const LINES: readonly string[] = [
  ...uplink("isp1", "eth1", "192.0.2.1", "2001:db8:1::1"),
  ...uplink("isp2", "eth2", "198.51.100.1", "2001:db8:2::1"),
  ...uplink("x", "eth5", "100.64.5.1", "2001:db8:5::1", GATEWAY_MAC.x),
  ...uplink("y", "eth5", "100.64.5.3", "2001:db8:5::3", GATEWAY_MAC.y),
];

function uplink(name: string, device: string, gateway: string, gateway6: string, mac?: string): string[] {
  const words = [
    `interface ${device}`,
    `gateway ${gateway}`,
    `gateway6 ${gateway6}`,
    ...(mac === undefined ? [] : [`gateway-mac ${mac}`]),
  ];
  return words.map((word) => `uplink ${name} ${word}`);
}
