import type { ChildProcess } from "node:child_process";
import { type FrontEnd, frontEndScript } from "./front-end.ts";
import { type Agent, type Answer, PORTS, startAgent } from "./lab-agent.ts";
import { type Capture, startCapture } from "./lab-capture.ts";
import { labFile } from "./lab-file.ts";
import { type Stream, type StreamOptions, startStream } from "./lab-stream.ts";
import { until } from "./lab-wait.ts";
import { type ExecOptions, openWorld, type Result, type World } from "./lab-world.ts";

/** One machine of a small world. Only the router forwards. */
export interface WiredHost {
  /** Lines for `ip -batch`, once its interfaces are up. */
  readonly setup: readonly string[];
  /** Addresses its servers answer on, at every port of the lab (lab-agent.ts); none: it only asks. */
  readonly serves?: readonly string[];
}

/** What a small world is made of. One host has to be called `router`: the program runs there. */
export interface WiredMap<Name extends string> {
  readonly hosts: Readonly<Record<Name, WiredHost>>;
  /** [host, interface there, host, interface there] */
  readonly wires: readonly (readonly [Name, string, Name, string])[];
}

export interface WiredProbe {
  readonly to: string;
  readonly port: number;
  readonly protocol?: "tcp" | "udp";
  readonly source?: string;
  readonly sourcePort?: number;
  readonly timeout?: number;
}

/** Machines and wires for one test file, without a routing daemon or leases; made in about a second. */
export interface WiredWorld<Name extends string> {
  readonly world: World;
  readonly frontEnd: FrontEnd;
  exec(host: Name, argv: readonly string[], options?: ExecOptions): Promise<Result>;
  /** A shell script, the front end's programs first in PATH. Throws when it fails. */
  sh(host: Name, script: string): Promise<string>;
  agent(host: Name): Agent;
  probe(from: Name, probe: WiredProbe): Promise<Answer>;
  capture(host: Name, device: string, filter: string): Promise<Capture>;
  /** Applies a configuration on the router, lines without `set policy-route`; gives what was said. Throws when it is refused. */
  apply(lines: readonly string[]): Promise<string>;
  /** The program on the router. */
  program(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Result>;
  /** A program that goes on; it ends with the world at the latest. */
  start(host: Name, argv: readonly string[]): ChildProcess;
  /** Our program on the router, as `start`. */
  daemon(argv: readonly string[]): ChildProcess;
  stream(from: Name, to: readonly Name[], options: StreamOptions): Promise<Stream<Name>>;
  stop(): Promise<void>;
}

export const ROOT = "/run/pr/root";
const FRONT = "/run/pr/front";
const CONFIG = "/run/pr/config.set";

/**
 * Duplicate detection would keep addresses unusable for a second; every address of the world is known. Who sends for others asks for
 * a neighbour in his own name, as routers do: strict reverse path filtering lets no other question pass.
 */
const QUIET = `
for f in /proc/sys/net/ipv6/conf/*/accept_ra /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 > "$f"; done
for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > "$f"; done
if [ "$1" = router ]; then echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
else echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce; fi
`;

/** The last port an agent opens, asked from within. */
async function isServed(agent: Agent, address: string): Promise<boolean> {
  return (await agent.ask<Answer>("tcp", { address, port: PORTS.at(-1), timeout: 500 })).by !== undefined;
}

/** Opens it. It vanishes with everything in it when this process ends. */
export async function openWiredWorld<Name extends string>(
  frontEnd: FrontEnd,
  { hosts, wires }: WiredMap<Name>,
): Promise<WiredWorld<Name>> {
  const world = await openWorld("router");
  const names = Object.keys(hosts) as Name[];
  const env = { PATH: `${FRONT}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: "C" };
  const agents = new Map<Name, Agent>();
  const router = { netns: "router" };
  try {
    const links = wires.map(
      ([a, deviceA, b, deviceB]) => `link add ${deviceA} netns ${a} type veth peer name ${deviceB} netns ${b}`,
    );
    await world.must(undefined, [
      "sh",
      "-euc",
      `mount -t tmpfs tmpfs /run; mkdir -p ${ROOT}/etc/iproute2/rt_tables.d ${ROOT}/var/lib ${ROOT}/run; for n in ${names.join(" ")}; do ip netns add $n; done`,
    ]);
    await world.must(undefined, ["ip", "-batch", "-"], { stdin: `${links.join("\n")}\n` });
    await world.must(router, ["sh", "-euc", frontEndScript(FRONT, frontEnd)]);
    await Promise.all(
      names.map(async (host) => {
        const devices = wires.flatMap(([a, deviceA, b, deviceB]) => [
          ...(a === host ? [deviceA] : []),
          ...(b === host ? [deviceB] : []),
        ]);
        await world.must({ netns: host }, ["sh", "-euc", QUIET, "quiet", host]);
        const lines = [...["lo", ...devices].map((device) => `link set ${device} up`), ...hosts[host].setup];
        await world.must({ netns: host }, ["ip", "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
        const serves = hosts[host].serves ?? [];
        const agent = await startAgent(world, { netns: host }, host, serves);
        agents.set(host, agent);
        for (const address of serves) await until(`${host} to serve ${address}`, () => isServed(agent, address));
      }),
    );
  } catch (error) {
    await world.stop();
    throw error;
  }
  const agent = (host: Name): Agent => {
    const found = agents.get(host);
    if (found === undefined) throw new Error(`${host} has no agent`);
    return found;
  };
  const exec: WiredWorld<Name>["exec"] = (host, argv, options = {}) =>
    world.exec({ netns: host }, argv, { ...options, env: { ...env, ...options.env } });
  const programArgv = [process.execPath, labFile("dist/bin/policy-route"), "--root", ROOT];
  const program: WiredWorld<Name>["program"] = (argv, more = {}) =>
    world.exec(router, [...programArgv, ...argv], { env: { ...env, ...more }, timeout: 60_000 });
  return {
    world,
    frontEnd,
    exec,
    sh: (host, script) => world.must({ netns: host }, ["sh", "-euc", script], { env }),
    agent,
    probe: (from, { protocol = "tcp", to, ...rest }) =>
      agent(from).ask<Answer>(protocol, { address: to, timeout: 1000, ...rest }),
    capture: (host, device, filter) => startCapture(world, { netns: host }, device, filter),
    program,
    start: (host, argv) => world.start({ netns: host }, argv, { env, stdio: ["ignore", "ignore", "pipe"] }),
    daemon: (argv) => world.start(router, [...programArgv, ...argv], { env, stdio: ["ignore", "ignore", "pipe"] }),
    stream: (from, to, options) =>
      startStream(
        agent(from),
        to.map((name) => [name, agent(name)] as const),
        options,
      ),
    async apply(lines) {
      const all = [...(frontEnd === "nftables" ? ["backend nftables"] : []), ...lines];
      const text = all.map((line) => `set policy-route ${line}\n`).join("");
      await world.must(undefined, ["sh", "-euc", `cat > ${CONFIG}`], { stdin: text });
      const { exitCode, stdout, stderr } = await program(["apply", "--config", CONFIG]);
      if (exitCode !== 0) throw new Error(`apply ended with ${exitCode}\n${stdout}${stderr}`);
      return `${stdout}${stderr}`;
    },
    stop: () => world.stop(),
  };
}
