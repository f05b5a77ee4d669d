import type { FrontEnd } from "../support/front-end.ts";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";
import { openWiredWorld, type WiredMap, type WiredWorld } from "../support/wired-world.ts";

export type Host = "lan" | "router" | "a" | "b";
export const SERVER = "203.0.113.10";
export const PORT = 5000;

/** What the far ends and the router's side of each line are given; again after a failure took it away. */
const LINES = {
  a: ["addr add 198.51.100.1/24 dev eth0", "addr add 198.51.100.9/24 dev eth0", "route add 10.1.0.0/24 via 198.51.100.2"],
  b: ["addr add 192.0.2.1/24 dev eth0", "route add 10.1.0.0/24 via 192.0.2.2"],
} as const;
const ROUTER = {
  a: ["addr add 198.51.100.2/24 dev eth1", "route add default via 198.51.100.1 dev eth1 metric 10"],
  b: ["addr add 192.0.2.2/24 dev eth2", "route add default via 192.0.2.1 dev eth2 metric 20"],
} as const;

/** Two providers that both have "the server", and know the LAN: what is measured is the router, not a NAT. */
const MAP: WiredMap<Host> = {
  hosts: {
    lan: { setup: ["addr add 10.1.0.2/24 dev eth0", "route add default via 10.1.0.1"] },
    router: { setup: ["addr add 10.1.0.1/24 dev eth0", ...ROUTER.a, ...ROUTER.b] },
    a: { setup: [`addr add ${SERVER}/32 dev lo`, ...LINES.a], serves: [SERVER] },
    b: { setup: [`addr add ${SERVER}/32 dev lo`, ...LINES.b], serves: [SERVER] },
  },
  wires: [
    ["router", "eth0", "lan", "eth0"],
    ["router", "eth1", "a", "eth0"],
    ["router", "eth2", "b", "eth0"],
  ],
};

export type World = WiredWorld<Host>;

export function openFailoverWorld(frontEnd: FrontEnd): Promise<World> {
  return openWiredWorld(frontEnd, MAP);
}

/** UDP by group `web`: provider a, else b. Probes every second, two failures: a silent line is left within 3 s. */
export const CONFIG: readonly string[] = [
  "uplink a interface eth1",
  "uplink a gateway 198.51.100.1",
  "uplink b interface eth2",
  "uplink b gateway 192.0.2.1",
  ...["a", "b"].flatMap((uplink) =>
    ["target gateway", "interval 1", "timeout 1", "failure-count 2", "success-count 1", "hold-down 0"].map(
      (health) => `uplink ${uplink} health ${health}`,
    ),
  ),
  "group web uplink a priority 10",
  "group web uplink b priority 20",
  "rule 10 protocol udp",
  "rule 10 set group web",
];

export interface Failure {
  readonly name: string;
  /** The kernel sees it by itself: whoever only asks the kernel gets over it. */
  readonly seen: boolean;
  fail(world: World): Promise<unknown>;
  mend(world: World): Promise<unknown>;
}

/** Kinds of failures of provider a's line. */
export const FAILURES: readonly Failure[] = [
  {
    name: "carrier loss",
    seen: true,
    fail: (world) => world.sh("a", "ip link set eth0 down"),
    mend: (world) => world.sh("a", "ip link set eth0 up"),
  },
  {
    name: "admin down",
    seen: true,
    fail: (world) => world.sh("router", "ip link set eth1 down"),
    mend: (world) => world.sh("router", "ip link set eth1 up"),
  },
  {
    name: "last address removed",
    seen: true,
    fail: (world) => world.sh("router", "ip addr flush dev eth1"),
    mend: async () => {},
  },
  {
    name: "link deleted",
    seen: true,
    fail: (world) => world.sh("router", "ip link del eth1"),
    mend: async (world) => {
      await world.world.must(undefined, [
        "ip",
        "-n",
        "router",
        "link",
        "add",
        "eth1",
        "type",
        "veth",
        "peer",
        "eth0",
        "netns",
        "a",
      ]);
      await world.sh("router", "ip link set eth1 up");
      await world.sh("a", "ip link set eth0 up");
    },
  },
  {
    name: "silent gateway",
    seen: false,
    fail: (world) =>
      world.sh(
        "a",
        "nft 'add table ip silent; add chain ip silent packets { type filter hook prerouting priority -400; policy drop; }'",
      ),
    mend: (world) => world.sh("a", "nft 'delete table ip silent'"),
  },
];

/** Mends the line, and gives both ends what the kernel took from them. */
export async function restore(world: World, failure: Failure): Promise<void> {
  await failure.mend(world);
  const again = (host: "router" | "a", lines: readonly string[]) =>
    world.exec(host, ["ip", "-force", "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
  await again("a", LINES.a);
  await again("router", ROUTER.a);
}

/** Who keeps the router's traffic going. */
export interface Keeper {
  readonly name: string;
  /** Before each round: begins its work, if it is not at work. */
  start(world: World): Promise<void>;
  /** The line was mended. */
  mended(world: World): Promise<void>;
  stop(world: World): Promise<void>;
}

/** Nobody: what the last commit left in the kernel. */
export function kernelAlone(): Keeper {
  return {
    name: "kernel alone",
    start: async () => {},
    // Routes that the kernel dropped come back by a commit, a hook or the monitor: here by hand.
    mended: async (world) => {
      await world.program(["restart"]);
    },
    stop: async () => {},
  };
}

/** `policy-route monitor` beside it. */
export function withMonitor(): Keeper {
  let monitor: ReturnType<World["daemon"]> | undefined;
  return {
    name: "monitor",
    start: async (world) => {
      monitor ??= world.daemon(["monitor"]);
    },
    mended: async () => {},
    stop: async () => {
      if (monitor !== undefined) kill(monitor, "SIGTERM");
      monitor = undefined;
    },
  };
}

/** Seconds between two looks of the polling loop, as of WAN load balancing; it cannot be set there. */
export const POLL = 5;

/** Where the loop notes that it has looked. */
const LOOKED = "/run/pr/looked";

/**
 * Does each 5 s what WAN load balancing does: asks something behind each line with one ping, and writes the one chain that marks
 * new connections anew. Tables and ip rules stand (those the kernel emptied are filled again, which it does not do).
 */
const LOOP = `
iptables -t mangle -N LOOP_PRE; iptables -t mangle -I PREROUTING 1 -j LOOP_PRE
ip rule add pref 32764 fwmark 201 lookup 201; ip rule add pref 32765 fwmark 202 lookup 202
while :; do
  ip route replace default via 198.51.100.1 dev eth1 table 201 2>/dev/null
  ip route replace default via 192.0.2.1 dev eth2 table 202 2>/dev/null
  mark=0
  if ping -n -q -c 1 -W 1 -I eth2 192.0.2.1 >/dev/null 2>&1; then mark=202; fi
  if ping -n -q -c 1 -W 1 -I eth1 198.51.100.1 >/dev/null 2>&1; then mark=201; fi
  { echo '*mangle'; echo ':LOOP_PRE - [0:0]'
    if [ $mark != 0 ]; then echo "-A LOOP_PRE -i eth0 -m state --state NEW -j CONNMARK --set-mark $mark"; fi
    echo '-A LOOP_PRE -i eth0 -j CONNMARK --restore-mark'; echo COMMIT; } | iptables-restore --noflush
  echo looked >> ${LOOKED}
  sleep ${POLL}
done`;

/** The polling loop, started anew for each round: it then looks at once, and every 5 s from there. */
export function pollingLoop(): Keeper {
  let loop: ReturnType<World["daemon"]> | undefined;
  const stop = async (world: World): Promise<void> => {
    if (loop !== undefined) kill(loop);
    loop = undefined;
    await world.exec("router", [
      "sh",
      "-c",
      `ip rule del pref 32764; ip rule del pref 32765; iptables -t mangle -F; iptables -t mangle -X; rm -f ${LOOKED}`,
    ]);
  };
  return {
    name: `${POLL} s loop`,
    start: async (world) => {
      await stop(world);
      loop = world.start("router", ["sh", "-c", LOOP]);
      await until("the loop to look", async () => (await world.exec("router", ["test", "-e", LOOKED])).exitCode === 0);
    },
    mended: async () => {},
    stop,
  };
}
