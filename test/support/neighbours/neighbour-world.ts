import { type FrontEnd, frontEndScript } from "../front-end.ts";
import { labFile } from "../lab-file.ts";
import { type ExecOptions, openWorld, type Result, type World } from "../lab-world.ts";

/**
 * A small router for tests beside other users of marks, without a routing daemon or leases. "The internet" is one address that
 * each provider has, so that the answer tells which way a packet went.
 *
 *   lan 192.168.188.10 (10.50.0.10 behind it) --- eth0 [ router ] eth1 --- isp1 192.0.2.1 --- vpn 198.18.0.2
 *   box 172.17.0.2 -------------------------- docker0  [        ] eth2 --- isp2 198.51.100.1
 *                                                      [        ] eth3 --- sg 10.99.0.1: the uplink of policy routing
 */
export const HOSTS = ["lan", "box", "router", "isp1", "isp2", "sg", "vpn"] as const;
export type HostName = (typeof HOSTS)[number];
export const PROVIDERS = ["isp1", "isp2", "sg", "vpn"] as const;
export const INTERNET = "203.0.113.10";
/** A host of the tailnet, and of no other network. */
export const TAILNET_PEER = "100.64.0.9";
/** In eth0's network, and behind a router of the LAN: the way back is not a connected network. */
export const CLIENTS = ["192.168.188.10", "10.50.0.10"] as const;
export const ROOT = "/run/pr/root";
const FRONT = "/run/pr/front";

/** A wire's end at the router, and the far end. */
const WIRES = { eth0: "lan", eth1: "isp1", eth2: "isp2", eth3: "sg" } as const;
export type Line = keyof typeof WIRES;

const ADDRESSES: Readonly<Record<HostName, string>> = {
  lan: `addr add 192.168.188.10/24 dev eth0
addr add 10.50.0.10/32 dev lo
route add default via 192.168.188.1`,
  box: "",
  router: `addr add 192.168.188.1/24 dev eth0
addr add 192.0.2.2/24 dev eth1
addr add 198.51.100.2/24 dev eth2
addr add 10.99.0.2/24 dev eth3
route add default via 192.0.2.1
route add 10.50.0.0/24 via 192.168.188.10`,
  isp1: `addr add 192.0.2.1/24 dev eth0
addr add ${INTERNET}/32 dev lo
addr add 198.18.0.1/30 dev eth1`,
  isp2: `addr add 198.51.100.1/24 dev eth0
addr add ${INTERNET}/32 dev lo`,
  sg: `addr add 10.99.0.1/24 dev eth0
addr add ${INTERNET}/32 dev lo`,
  vpn: `addr add 198.18.0.2/30 dev eth0
addr add ${INTERNET}/32 dev lo
addr add ${TAILNET_PEER}/32 dev lo
route add default via 198.18.0.1`,
};

export interface NeighbourWorld {
  readonly world: World;
  exec(host: HostName, argv: readonly string[], options?: ExecOptions): Promise<Result>;
  /** Runs a shell script in a host's namespace; the front end's programs are the first in PATH. Throws when it fails. */
  sh(host: HostName, script: string): Promise<string>;
  /** The built program, as it is started on the router. */
  readonly programArgv: readonly string[];
  /** Runs it to its end. */
  program(argv: readonly string[], options?: ExecOptions): Promise<Result>;
  /** Takes the far end of a line down, so that the router's end loses carrier, or up again. */
  carrier(line: Line, state: "up" | "down"): Promise<void>;
  readonly frontEnd: FrontEnd;
  /** Environment of everything on the router. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface NeighbourWorldOptions {
  readonly frontEnd: FrontEnd;
  /** The providers know the way back to the LAN, so that packets need no source NAT to be answered. */
  readonly routed: boolean;
}

/** Opens it. It vanishes with everything in it when this process ends. */
export async function openNeighbourWorld({ frontEnd, routed }: NeighbourWorldOptions): Promise<NeighbourWorld> {
  const world = await openWorld("router");
  const env = { PATH: `${FRONT}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: "C" };
  const exec: NeighbourWorld["exec"] = (host, argv, options = {}) =>
    world.exec({ netns: host }, argv, { ...options, env: { ...env, ...options.env } });
  const sh: NeighbourWorld["sh"] = (host, script) => world.must({ netns: host }, ["sh", "-euc", script], { env });
  const programArgv = [process.execPath, labFile("dist/bin/policy-route"), "--root", ROOT];
  const program: NeighbourWorld["program"] = (argv, options) => exec("router", [...programArgv, ...argv], options);
  const backRoute = (line: Line) =>
    line === "eth1" || line === "eth2"
      ? `route replace 192.168.188.0/24 via ${ROUTER_ADDRESS[line]}\nroute replace 10.50.0.0/24 via ${ROUTER_ADDRESS[line]}\n`
      : "";
  const batch = (host: HostName, lines: string, force = false) =>
    world.must({ netns: host }, ["ip", ...(force ? ["-force"] : []), "-batch", "-"], { stdin: lines });
  try {
    await world.must(undefined, ["sh", "-euc", MAKE]);
    for (const host of HOSTS) await world.must({ netns: host }, ["sh", "-euc", LOCAL, "local", host]);
    for (const host of HOSTS) await batch(host, `${ADDRESSES[host]}\n`);
    if (routed) for (const line of ["eth1", "eth2"] as const) await batch(WIRES[line], backRoute(line));
    await sh(
      "router",
      `mkdir -p ${ROOT}/etc/iproute2/rt_tables.d ${ROOT}/var/lib ${ROOT}/run; ${frontEndScript(FRONT, frontEnd)}`,
    );
  } catch (error) {
    await world.stop();
    throw error;
  }
  return {
    world,
    frontEnd,
    env,
    exec,
    sh,
    programArgv,
    program,
    async carrier(line, state) {
      await world.must({ netns: WIRES[line] }, ["ip", "link", "set", "eth0", state]);
      // The far end lost its routes with the link.
      if (state === "up" && routed) await batch(WIRES[line], backRoute(line));
    },
    stop: () => world.stop(),
  };
}

const ROUTER_ADDRESS = { eth1: "192.0.2.2", eth2: "198.51.100.2" } as const;

const MAKE = `
mount -t tmpfs tmpfs /run
mkdir -p /run/pr
for name in ${HOSTS.join(" ")}; do ip netns add $name; done
${Object.entries(WIRES)
  .map(([device, host]) => `ip link add ${device} netns router type veth peer name eth0 netns ${host}`)
  .join("\n")}
ip link add eth1 netns isp1 type veth peer name eth0 netns vpn
`;

/** Everybody forwards who has more than one wire; no IPv6, which no neighbour here speaks. */
const LOCAL = `
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
for name in lo eth0 eth1 eth2 eth3; do if [ -e /proc/sys/net/ipv4/conf/$name ]; then ip link set $name up; fi; done
case $1 in router | isp1) echo 1 > /proc/sys/net/ipv4/ip_forward;; esac
for name in all default lo eth0 eth1 eth2 eth3; do if [ -e /proc/sys/net/ipv4/conf/$name ]; then echo 0 > /proc/sys/net/ipv4/conf/$name/rp_filter; fi; done
`;
