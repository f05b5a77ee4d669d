import type { ChildProcess } from "node:child_process";
import { labFile } from "./lab-file.ts";
import { INTERNET, STRANGER } from "./lab-map.ts";
import { until } from "./lab-wait.ts";
import { kill, type Place, type World } from "./lab-world.ts";
import type { WiredMap } from "./wired-world.ts";

/**
 * A house with two lines, and the company whose VPN server is reached by both. The internet is one address that both providers
 * and the company have, in each family; LTE has IPv4 only. main's default is fibre.
 *
 *   laptop 192.168.188.20 --+               eth1 --- fibre 198.51.100.1 ---+
 *                           +-- eth0 [ router ]                            +--- company: VPN server 198.18.0.2
 *   tv 192.168.188.30 ------+              wwan0 --- lte 100.64.8.1 -------+
 */
export const SERVER = { ipv4: "198.18.0.2", port: 51820 } as const;
const LAPTOP_MAC = "52:54:00:12:34:56";

const internet = [INTERNET.ipv4, INTERNET.ipv6, STRANGER.ipv4].map((address) => `addr add ${address} dev lo`);

function client(host: number, ...more: readonly string[]) {
  return {
    setup: [
      ...more,
      `addr add 192.168.188.${host}/24 dev eth0`,
      `addr add 2001:db8:188::${host}/64 dev eth0 nodad`,
      "route add default via 192.168.188.1",
      "route add default via 2001:db8:188::1",
    ],
  };
}

export const HOME_OFFICE: WiredMap<"router" | "switch" | "laptop" | "tv" | "fibre" | "lte" | "company"> = {
  wires: [
    ["router", "eth0", "switch", "port0"],
    ["laptop", "eth0", "switch", "port1"],
    ["tv", "eth0", "switch", "port2"],
    ["router", "eth1", "fibre", "eth0"],
    ["router", "wwan0", "lte", "eth0"],
    ["fibre", "eth1", "company", "eth0"],
    ["lte", "eth1", "company", "eth1"],
  ],
  hosts: {
    switch: {
      setup: ["link add br0 type bridge", ...[0, 1, 2].map((port) => `link set port${port} master br0`), "link set br0 up"],
    },
    laptop: client(20, `link set eth0 address ${LAPTOP_MAC}`),
    tv: client(30),
    router: {
      setup: [
        "addr add 192.168.188.1/24 dev eth0",
        "addr add 2001:db8:188::1/64 dev eth0 nodad",
        "addr add 198.51.100.2/24 dev eth1",
        "addr add 2001:db8:51::2/64 dev eth1 nodad",
        "addr add 100.64.8.2/24 dev wwan0",
        "route add default via 198.51.100.1",
        "route add default via 2001:db8:51::1",
      ],
    },
    fibre: {
      setup: [
        "addr add 198.51.100.1/24 dev eth0",
        "addr add 2001:db8:51::1/64 dev eth0 nodad",
        // The house's own prefix is routed: nothing but a rule keeps IPv6 from this line.
        "route add 2001:db8:188::/64 via 2001:db8:51::2",
        "addr add 198.18.1.1/30 dev eth1",
        `route add ${SERVER.ipv4} via 198.18.1.2`,
        ...internet,
      ],
      serves: Object.values(INTERNET),
    },
    lte: {
      setup: [
        "addr add 100.64.8.1/24 dev eth0",
        "addr add 198.18.2.1/30 dev eth1",
        `route add ${SERVER.ipv4} via 198.18.2.2`,
        ...internet,
      ],
      serves: Object.values(INTERNET),
    },
    company: {
      setup: [
        "addr add 198.18.1.2/30 dev eth0",
        "addr add 198.18.2.2/30 dev eth1",
        `addr add ${SERVER.ipv4} dev lo`,
        "route add 198.51.100.0/24 via 198.18.1.1",
        "route add 100.64.8.0/24 via 198.18.2.1",
        ...internet,
      ],
      serves: Object.values(INTERNET),
    },
  },
};

/** The VPN of the router: a tun device whose packets go as UDP (this kernel has no WireGuard). */
export interface Vpn {
  /** The interface appears, with its address of one family or of both. */
  up(families: "ipv4" | "both"): Promise<void>;
  /** The interface vanishes, as when the VPN program dies. */
  down(): Promise<void>;
}

const [RELAY, TUN] = [5002, 5003];

/** Starts the company's server, which answers its client wherever that is heard from, and what the router needs to reach it. */
export async function startVpn(world: World): Promise<Vpn> {
  const [company, router] = [{ netns: "company" }, { netns: "router" }];
  const relay = async (place: Place, own: string, ...peer: string[]) => {
    const argv = [
      process.execPath,
      labFile("test/support/lab-roaming.mjs"),
      own,
      `${SERVER.port}`,
      `${RELAY}`,
      `${TUN}`,
      ...peer,
    ];
    const { stdout } = world.start(place, argv);
    await new Promise((resolve) => stdout?.once("data", resolve));
  };
  const has = async (place: Place) => (await world.exec(place, ["ip", "link", "show", "wg0"])).exitCode === 0;
  const open = async (place: Place, address: string) => {
    const tun = `TUN:${address},tun-name=wg0,iff-no-pi,up`;
    const child = world.start(place, ["socat", tun, `UDP4-DATAGRAM:127.0.0.1:${RELAY},bind=127.0.0.1:${TUN}`], {
      stdio: "ignore",
    });
    await until("the tunnel's interface", () => has(place), { every: 10 });
    return child;
  };
  await relay(company, SERVER.ipv4);
  await relay(router, "0.0.0.0", SERVER.ipv4);
  await open(company, "10.8.0.1/24");
  await world.must(company, ["ip", "addr", "add", "2001:db8:8::1/64", "dev", "wg0"]);
  let client: ChildProcess | undefined;
  return {
    async up(families) {
      client = await open(router, "10.8.0.2/24");
      if (families === "both") await world.must(router, ["ip", "addr", "add", "2001:db8:8::2/64", "dev", "wg0"]);
    },
    async down() {
      if (client !== undefined) kill(client);
      await until("the tunnel's interface to vanish", async () => !(await has(router)), { every: 10 });
    },
  };
}
