import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { bundleEntry } from "../support/bundle-entry.ts";
import { type Agent, startAgent } from "../support/lab-agent.ts";
import { type Capture, startCapture } from "../support/lab-capture.ts";
import type { OwnTraffic } from "../support/neighbours/neighbour.ts";
import {
  CLIENTS,
  type HostName,
  INTERNET,
  type NeighbourWorld,
  PROVIDERS,
  TAILNET_PEER,
} from "../support/neighbours/neighbour-world.ts";
import type { Flow, Sent } from "./flows.ts";
import type { Stray } from "./judge.ts";

/** What policy routing is asked to steer, and ports of the neighbour's traffic. */
export const PORT = { new: 443, established: 8443, datagrams: 5000, ownNew: 80, ownEstablished: 8080 } as const;

/** The configuration all rows have. */
export const STEERED: readonly string[] = [
  "uplink sg interface eth3",
  "uplink sg gateway 10.99.0.1",
  "uplink sg source-nat masquerade",
  "uplink sg if-down prohibit",
  "rule 10 inbound-interface eth0",
  "rule 10 protocol tcp",
  `rule 10 destination port ${PORT.new},${PORT.established}`,
  "rule 10 set uplink sg",
  "rule 20 inbound-interface eth0",
  "rule 20 protocol udp",
  `rule 20 destination port ${PORT.datagrams}`,
  "rule 20 set uplink sg",
];

/** All that was sent and seen from a start to a stop. */
export interface Recorded {
  readonly ours: Sent;
  /** One for each of the neighbour's own kinds of traffic. */
  readonly own: readonly Sent[];
  /** Datagram number -> who got it. */
  readonly arrived: ReadonlyMap<number, string>;
  /** Segments of ours on the lines of others, and of the neighbour's connections on ours. */
  readonly strays: { readonly ours: readonly Stray[]; readonly own: readonly Stray[] };
}

export interface Traffic {
  /** Returns when the connections that are to live through the event are open. */
  start(ours: boolean): Promise<void>;
  stop(): Promise<Recorded>;
}

/** Servers of all hosts, clients where traffic comes from, and a capture on each provider. */
export async function makeTraffic(router: NeighbourWorld, own: readonly OwnTraffic[]): Promise<Traffic> {
  const { world } = router;
  const ports = Object.values(PORT);
  const serve = (host: HostName, addresses: readonly string[]) => startAgent(world, { netns: host }, host, addresses, ports);
  const code = await bundleEntry("test/matrix/client.ts");
  await world.must(undefined, ["sh", "-euc", "cat > /run/pr/client.cjs"], { stdin: code });
  const [agents, captures, clients] = await Promise.all([
    Promise.all(
      PROVIDERS.map(async (name) => [name, await serve(name, name === "vpn" ? [INTERNET, TAILNET_PEER] : [INTERNET])] as const),
    ),
    Promise.all(PROVIDERS.map(async (name) => [name, await capture(router, name)] as const)),
    Promise.all([startClient(router, "lan"), ...own.map(({ from }) => startClient(router, from))]),
    serve("lan", ["192.168.188.10"]),
    serve("box", ["0.0.0.0"]),
  ]);
  const [lan, ...others] = clients;
  if (lan === undefined) throw new Error("no client");
  let round = 0;
  let seenBefore = new Map<string, number>();
  return {
    async start(ours) {
      round++;
      seenBefore = new Map(captures.map(([name, { lines }]) => [name, lines().length]));
      await Promise.all([
        lan.ask({ start: ours ? OURS : [], id: `r${round}` }),
        ...others.map((client, n) => client.ask({ start: flowsOf(own[n] as OwnTraffic), id: "" })),
      ]);
    },
    async stop() {
      const [ours, ...rest] = await Promise.all([lan, ...others].map((client) => client.ask<Sent>({ stop: true })));
      const strays = (ofOurs: boolean) =>
        captures
          .filter(([name]) => (name === "sg") !== ofOurs)
          .flatMap(([name, { lines }]) => lines().slice(seenBefore.get(name) ?? 0))
          .map(strayOf);
      return {
        ours: ours as Sent,
        own: rest,
        arrived: await arrivals(agents, `r${round}`),
        strays: { ours: strays(true), own: strays(false) },
      };
    },
  };
}

const OURS: readonly Flow[] = [
  { name: "new", kind: "new", to: INTERNET, port: PORT.new, sources: CLIENTS, rate: 40 },
  { name: "established", kind: "established", to: INTERNET, port: PORT.established, sources: CLIENTS, count: 4 },
  { name: "datagrams", kind: "datagrams", to: INTERNET, port: PORT.datagrams, source: CLIENTS[0], rate: 100 },
];

function flowsOf({ to, sources }: OwnTraffic): Flow[] {
  return [
    { name: "new", kind: "new", to, port: PORT.ownNew, sources, rate: 20 },
    { name: "established", kind: "established", to, port: PORT.ownEstablished, sources, count: 4 },
  ];
}

/** Incoming segments of connections that live through the event: elsewhere than on our line ours, on our line the others'. */
function capture(router: NeighbourWorld, host: (typeof PROVIDERS)[number]): Promise<Capture> {
  const filter = `tcp dst port ${host === "sg" ? PORT.ownEstablished : PORT.established}`;
  return startCapture(router.world, { netns: host }, "any", filter, ["-tt", "-q", "-Q", "in"]);
}

/** `1700000000.123456 eth0  In  IP 192.0.2.2.40000 > 203.0.113.10.8443: tcp 2` */
function strayOf(line: string): Stray {
  const [, seconds, port] = /^(\S+) .* IP \d+\.\d+\.\d+\.\d+\.(\d+) > /.exec(line) ?? [];
  if (seconds === undefined || port === undefined) throw new Error(`a line of tcpdump is not understood: ${line}`);
  return { at: Number(seconds) * 1000, port: Number(port) };
}

async function arrivals(agents: readonly (readonly [string, Agent])[], id: string): Promise<Map<number, string>> {
  const seen = await Promise.all(
    agents.map(async ([name, agent]) => [name, await agent.ask<{ numbers: number[] }>("received", { id })] as const),
  );
  return new Map(seen.flatMap(([name, { numbers }]) => numbers.map((number): [number, string] => [number, name])));
}

interface Client {
  ask<T>(question: unknown): Promise<T>;
}

async function startClient(router: NeighbourWorld, host: HostName): Promise<Client> {
  const child: ChildProcess = router.world.start({ netns: host }, [process.execPath, "/run/pr/client.cjs"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting: ((line: string) => void)[] = [];
  const line = () => new Promise<string>((resolve) => waiting.push(resolve));
  const ready = line();
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on("line", (text) => waiting.shift()?.(text));
  await ready;
  return {
    async ask<T>(question: unknown): Promise<T> {
      const answer = line();
      child.stdin?.write(`${JSON.stringify(question)}\n`);
      return JSON.parse(await answer) as T;
    },
  };
}
