import type { FrontEnd } from "./front-end.ts";
import { type Agent, type Answer, PORTS, startAgent } from "./lab-agent.ts";
import { type Capture, startCapture } from "./lab-capture.ts";
import { type Dhcp, makeDhcp, type Offer } from "./lab-dhcp.ts";
import { startFrr } from "./lab-frr.ts";
import { type Knocking, type KnockOptions, startKnocking } from "./lab-knock.ts";
import { HOSTS, type HostName, INTERNET, PROVIDERS, SERVES, SETUP, WIRES } from "./lab-map.ts";
import { installProgram, makeRouterRoot, ROUTER, startRouterCli } from "./lab-router.ts";
import { type Snapshot, takeSnapshot } from "./lab-snapshot.ts";
import { type Stream, type StreamOptions, startStream } from "./lab-stream.ts";
import { until } from "./lab-wait.ts";
import { type ExecOptions, openWorld, type Place, type Result, type World } from "./lab-world.ts";

export interface LabOptions {
  /** What the router has; default iptables-nft. */
  readonly frontEnd?: FrontEnd;
  /** Without the program on the router: false. */
  readonly program?: boolean;
  /** Networks each BGP provider announces beside the internet; default 200. */
  readonly prefixes?: number;
  readonly offer?: Partial<Offer>;
  /** Told what is being done, for transcripts. */
  readonly say?: (text: string) => void;
}

export interface ProbeOptions {
  /** Default tcp. */
  readonly protocol?: "tcp" | "udp";
  readonly port: number;
  /** Default: the internet's IPv4 address. */
  readonly to?: string;
  readonly source?: string;
  readonly sourcePort?: number;
  /** Milliseconds; default 2,000. */
  readonly timeout?: number;
}

export type Installed = "deb" | "dist" | "nothing";

/** A running lab: see lab-map.ts for who is in it. */
export interface Lab {
  readonly world: World;
  readonly dhcp: Dhcp;
  /** Where the program on the router came from. */
  readonly installed: Installed;
  /** Every commit asks for nftables; else the program's choice is iptables by itself. */
  readonly nftables: boolean;
  exec(host: HostName, argv: readonly string[], options?: ExecOptions): Promise<Result>;
  /** As exec, for commands that have to succeed; gives standard output. */
  must(host: HostName, argv: readonly string[], options?: ExecOptions): Promise<string>;
  /** Asks a server once, by a new connection: who answered, and what source he saw. */
  probe(from: HostName, options: ProbeOptions): Promise<Answer>;
  /** The requests of lab-agent.mjs that have no method here: open, say, close. */
  agent(host: HostName): Agent;
  stream(from: HostName, options: StreamOptions): Promise<Stream>;
  knock(from: HostName, options: KnockOptions): Promise<Knocking>;
  capture(host: HostName, device: string, filter: string): Promise<Capture>;
  /** Takes the far end of the router's line down (it loses carrier), or puts it up again. */
  carrier(line: "eth0" | "eth1" | "eth2" | "eth3", state: "up" | "down"): Promise<void>;
  snapshot(): Promise<Snapshot>;
  stop(): Promise<void>;
}

const FAR_END = { eth0: ["lan", "eth0"], eth1: ["dslam", "line"], eth2: ["bgp1", "eth0"], eth3: ["bgp2", "eth0"] } as const;

/** Builds the lab and waits until it is whole: both BGP sessions up, a lease on eth1, every server answering. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const say = options.say ?? (() => {});
  const world = await openWorld("router");
  try {
    say("network namespaces and wires");
    await makeNetwork(world);
    await makeRouterRoot(world, options.frontEnd ?? "iptables-nft");
    const installed = options.program === false ? "nothing" : await installProgram(world);
    say("servers of the internet, FRR, sshd");
    const agents = new Map<HostName, Agent>();
    const [, , dhcp] = await Promise.all([
      Promise.all(HOSTS.filter((host) => host !== "dslam").map(async (host) => agents.set(host, await startHost(world, host)))),
      startFrr(world, options.prefixes ?? 200),
      startDhcp(world, options.offer),
      startRouterCli(world),
    ]);
    say("waiting for a DHCP lease and two BGP sessions");
    await dhcp.startClient();
    await bgpSettled(world, options.prefixes ?? 200);
    return assemble(world, agents, dhcp, installed, options.frontEnd);
  } catch (error) {
    await world.stop();
    throw error;
  }
}

function placeOf(host: HostName): Place {
  return host === "router" ? ROUTER : { netns: host };
}

async function makeNetwork(world: World): Promise<void> {
  await world.must(undefined, [
    "sh",
    "-euc",
    // FRR keeps a log for crashes in /var/tmp.
    `mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/tmp && mkdir /run/lab && for n in ${HOSTS.join(" ")}; do ip netns add "$n"; done`,
  ]);
  const wires = WIRES.map(([a, devA, b, devB]) => `link add ${devA} netns ${a} type veth peer name ${devB} netns ${b}`);
  await batch(world, undefined, wires);
  await Promise.all(
    HOSTS.map(async (host) => {
      await world.must({ netns: host }, ["sh", "-euc", SYSCTLS, "sysctls", host]);
      const devices = [
        "lo",
        ...WIRES.flatMap(([a, devA, b, devB]) => [...(a === host ? [devA] : []), ...(b === host ? [devB] : [])]),
      ];
      await batch(world, { netns: host }, [...devices.map((device) => `link set ${device} up`), ...SETUP[host]]);
    }),
  );
}

/** Only the router forwards. No router advertisements are listened to: every address of the lab is known. */
const SYSCTLS = `
for f in /proc/sys/net/ipv6/conf/*/accept_ra /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 > "$f"; done
if [ "$1" = router ]; then echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; fi
`;

async function batch(world: World, place: Place | undefined, lines: readonly string[]): Promise<void> {
  await world.must(place, ["ip", "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
}

function startHost(world: World, host: HostName): Promise<Agent> {
  if (host === "router") return startAgent(world, { netns: host }, host, ["::"], [8088]);
  return startAgent(world, { netns: host }, host, SERVES[host], PORTS);
}

async function startDhcp(world: World, offer: Partial<Offer> | undefined): Promise<Dhcp> {
  const dhcp = makeDhcp(world);
  await dhcp.serve(offer);
  return dhcp;
}

/** Whole when the kernel has the routes of both families and FRR knows two ways to the internet. */
async function bgpSettled(world: World, prefixes: number): Promise<void> {
  const last = async () => (await world.exec(ROUTER, ["vtysh", "-c", "show bgp summary"])).stdout;
  await until(
    "both BGP sessions",
    async () => {
      const routes = await world.must(ROUTER, [
        "sh",
        "-c",
        "ip route show proto bgp | wc -l; ip -6 route show proto bgp | wc -l",
      ]);
      const [v4 = 0, v6 = 0] = routes.trim().split("\n").map(Number);
      if (v4 < prefixes + 1 || v6 < 1) return false;
      const paths = await world.exec(ROUTER, [
        "vtysh",
        "-c",
        "show bgp ipv4 unicast 203.0.113.0/24",
        "-c",
        "show bgp ipv6 unicast 2001:db8:113::/48",
      ]);
      return [...paths.stdout.matchAll(/Paths: \(2 available/g)].length === 2;
    },
    { timeout: 30_000, every: 100, last },
  );
}

async function seesNoCarrier(world: World, line: string): Promise<boolean> {
  const [link] = JSON.parse(await world.must(ROUTER, ["ip", "-j", "link", "show", line])) as { operstate: string }[];
  return link?.operstate !== "UP";
}

function assemble(
  world: World,
  agents: ReadonlyMap<HostName, Agent>,
  dhcp: Dhcp,
  installed: Installed,
  frontEnd?: FrontEnd,
): Lab {
  const agent = (host: HostName): Agent => {
    const found = agents.get(host);
    if (found === undefined) throw new Error(`${host} has no agent`);
    return found;
  };
  return {
    world,
    dhcp,
    installed,
    nftables: frontEnd === "nftables",
    agent,
    exec: (host, argv, options) => world.exec(placeOf(host), argv, options),
    must: (host, argv, options) => world.must(placeOf(host), argv, options),
    probe: (from, { protocol = "tcp", to = INTERNET.ipv4, ...rest }) =>
      agent(from).ask<Answer>(protocol, { address: to, ...rest }),
    stream: (from, options) =>
      startStream(
        agent(from),
        PROVIDERS.map((name) => [name, agent(name)] as const),
        options,
      ),
    knock: (from, options) => startKnocking(agent(from), options),
    capture: (host, device, filter) => startCapture(world, { netns: host }, device, filter),
    async carrier(line, state) {
      const [host, device] = FAR_END[line];
      await world.must({ netns: host }, ["ip", "link", "set", device, state]);
      // The kernel tells routing of a lost carrier from its own queue, up to a second later (linkwatch, Linux 6.18).
      if (state === "down") await until(`the router to see that ${line} is dead`, () => seesNoCarrier(world, line));
      // The far end lost its own routes and IPv6 addresses with the link; -force: what is still there is no error.
      const again = `${SETUP[host].join("\n")}\n`;
      if (state === "up" && host !== "dslam")
        await world.exec({ netns: host }, ["ip", "-force", "-batch", "-"], { stdin: again });
    },
    snapshot: () => takeSnapshot(world),
    stop: () => world.stop(),
  };
}
