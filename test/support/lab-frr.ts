import { ROUTER, ROUTER_ROOT } from "./lab-router.ts";
import { until } from "./lab-wait.ts";
import type { World } from "./lab-world.ts";

const AS = { router: 64500, bgp1: 64501, bgp2: 64502 } as const;
const TIMERS = ["timers bgp 1 3", "coalesce-time 0"];

/** FRR on the router (zebra, staticd, bgpd) and a bgpd that announces `prefixes` networks and the internet on each provider. */
export async function startFrr(world: World, prefixes: number): Promise<void> {
  await world.must(undefined, ["sh", "-euc", "mkdir -p /run/frr /run/lab/frr && chown frr:frr /run/frr"]);
  const router = `${ROUTER_ROOT}/etc/frr/frr.conf`;
  await write(world, router, routerConfig());
  startDaemon(world, "zebra");
  // staticd and bgpd that do not find zebra try again after ten seconds only.
  await until("zebra", async () => (await world.exec(ROUTER, ["test", "-S", "/run/frr/zserv.api"])).exitCode === 0);
  startDaemon(world, "staticd");
  startDaemon(world, "bgpd");
  for (const provider of ["bgp1", "bgp2"] as const) {
    const file = `/run/lab/frr/${provider}.conf`;
    await write(world, file, providerConfig(provider, prefixes));
    const dir = `/run/frr/${provider}`;
    await world.must(undefined, ["install", "-d", "-o", "frr", "-g", "frr", dir]);
    const own = ["-Z", "-P", "0", "-f", file, "-i", `${dir}/bgpd.pid`, "--vty_socket", dir, "-u", "frr", "-g", "frr"];
    world.start({ netns: provider }, ["/usr/lib/frr/bgpd", ...own], { stdio: "ignore" });
  }
  await until("FRR's command line", async () => {
    const seen = await world.exec(ROUTER, ["vtysh", "-c", "show daemons"]);
    return ["zebra", "staticd", "bgpd"].every((daemon) => seen.stdout.includes(daemon));
  });
}

function startDaemon(world: World, daemon: "zebra" | "staticd" | "bgpd"): void {
  const files = ["-f", "/etc/frr/frr.conf", "-i", `/run/frr/${daemon}.pid`];
  world.start(ROUTER, [`/usr/lib/frr/${daemon}`, ...files, "-P", "0", "-u", "frr", "-g", "frr"], { stdio: "ignore" });
}

async function write(world: World, path: string, lines: readonly string[]): Promise<void> {
  await world.must(undefined, ["sh", "-euc", 'cat > "$1"', "write", path], { stdin: `${lines.join("\n")}\n` });
}

/** Both providers are peers; what bgp1 says is preferred, bgp2 is the way when bgp1 is gone. */
function routerConfig(): string[] {
  const peers = [
    { name: "bgp1", weight: 200, ipv4: "192.0.2.1", ipv6: "2001:db8:e1::1" },
    { name: "bgp2", weight: 100, ipv4: "192.0.2.5", ipv6: "2001:db8:e2::1" },
  ] as const;
  const lines = [
    "frr defaults traditional",
    "hostname router",
    `router bgp ${AS.router}`,
    "bgp router-id 192.0.2.2",
    "no bgp ebgp-requires-policy",
    ...TIMERS,
  ];
  for (const peer of peers) for (const address of [peer.ipv4, peer.ipv6]) lines.push(...neighbour(address, AS[peer.name]));
  for (const family of ["ipv4", "ipv6"] as const) {
    const other = family === "ipv4" ? "ipv6" : "ipv4";
    lines.push(`address-family ${family} unicast`);
    for (const peer of peers) {
      lines.push(`neighbor ${peer[family]} activate`, `neighbor ${peer[family]} weight ${peer.weight}`);
      lines.push(`no neighbor ${peer[other]} activate`);
    }
    lines.push("exit-address-family");
  }
  return lines;
}

function neighbour(address: string, as: number): string[] {
  return [`remote-as ${as}`, "timers connect 1", "advertisement-interval 0"].map((words) => `neighbor ${address} ${words}`);
}

/** Full routes in small: the internet of the lab and `prefixes` more networks, no default, as the first seed has it. */
function providerConfig(name: "bgp1" | "bgp2", prefixes: number): string[] {
  const [own, peer] = name === "bgp1" ? ["192.0.2.1", "192.0.2.2"] : ["192.0.2.5", "192.0.2.6"];
  const peer6 = name === "bgp1" ? "2001:db8:e1::2" : "2001:db8:e2::2";
  const networks = Array.from({ length: prefixes }, (_, i) => `network 10.${128 + (i >> 8)}.${i & 255}.0/24`);
  return [
    "frr defaults traditional",
    `hostname ${name}`,
    `router bgp ${AS[name]}`,
    `bgp router-id ${own}`,
    "no bgp ebgp-requires-policy",
    "no bgp network import-check",
    ...TIMERS,
    ...[peer, peer6].flatMap((address) => neighbour(address, AS.router)),
    "address-family ipv4 unicast",
    "network 203.0.113.0/24",
    ...networks,
    `no neighbor ${peer6} activate`,
    "exit-address-family",
    "address-family ipv6 unicast",
    "network 2001:db8:113::/48",
    `neighbor ${peer6} activate`,
    "exit-address-family",
  ];
}
