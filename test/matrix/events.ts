import { pause, until } from "../support/lab-wait.ts";
import type { Neighbour, Span } from "../support/neighbours/neighbour.ts";
import type { Line, NeighbourWorld } from "../support/neighbours/neighbour-world.ts";
import { STEERED } from "./traffic.ts";

/** What an event has to do with: the router with policy routing on it, the neighbour, and the line the neighbour needs. */
export interface Stage {
  readonly router: NeighbourWorld;
  readonly neighbour: Neighbour;
  readonly line: Line;
  /** Configuration that chooses the backend. */
  readonly set: readonly string[];
}

/** What happened besides: which line was without carrier, when; and whether the program was taken out. */
export interface Happened {
  readonly deadLine?: { readonly line: Line; readonly span: Span };
  readonly uninstalled?: boolean;
}

/** The program ended with an error. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
}

export interface MatrixEvent {
  readonly name: string;
  /** In which order both are put there before traffic starts; `ours` alone: the neighbour is not there yet. */
  readonly before: readonly ("ours" | "neighbour")[];
  /** Whether it can happen without policy routing, to see what the neighbour does to its own traffic by itself. */
  readonly alone: boolean;
  /** Only for neighbours that are a process. */
  readonly process?: boolean;
  /** On a router whose kernel has seen neither of both: base chains of one priority run in an order that depends on history. */
  readonly fresh?: boolean;
  /** Undefined: nothing more than having been started in this order. */
  happen?(stage: Stage): Promise<Happened | undefined>;
}

const BOTH = ["neighbour", "ours"] as const;

export const EVENTS: readonly MatrixEvent[] = [
  { name: "its start", before: ["ours"], alone: true, happen: ({ neighbour }) => nothing(neighbour.start()) },
  { name: "its restart", before: BOTH, alone: true, happen: ({ neighbour }) => nothing(neighbour.restart()) },
  {
    name: "its kill -9 and start",
    before: BOTH,
    alone: true,
    process: true,
    async happen({ neighbour }) {
      await neighbour.kill?.();
      await neighbour.start();
      return undefined;
    },
  },
  { name: "its stop", before: BOTH, alone: true, happen: ({ neighbour }) => nothing(neighbour.stop()) },
  {
    name: "its line lost and back",
    before: BOTH,
    alone: true,
    async happen({ router, neighbour, line }) {
      const from = Date.now();
      await router.carrier(line, "down");
      await neighbour.noticed(line);
      await rest(300);
      await router.carrier(line, "up");
      await neighbour.noticed(undefined);
      await reachable(router, line);
      return { deadLine: { line, span: { from, to: Date.now() } } };
    },
  },
  {
    name: "our commit",
    before: BOTH,
    alone: false,
    async happen({ router, set }) {
      await apply(router, [...set, ...STEERED, "rule 5 protocol tcp", "rule 5 destination port 4443", "rule 5 set uplink sg"]);
      await apply(router, [...set, ...STEERED]);
      return undefined;
    },
  },
  {
    name: "our failover",
    before: BOTH,
    alone: false,
    async happen({ router }) {
      const from = Date.now();
      await router.carrier("eth3", "down");
      await rest(500);
      await router.carrier("eth3", "up");
      await reachable(router, "eth3");
      return { deadLine: { line: "eth3", span: { from, to: Date.now() } } };
    },
  },
  {
    name: "our uninstall",
    before: BOTH,
    alone: false,
    async happen({ router }) {
      await program(router, "uninstall");
      return { uninstalled: true };
    },
  },
  { name: "boot, we last", before: BOTH, alone: true, fresh: true },
  { name: "boot, we first", before: ["ours", "neighbour"], alone: false, fresh: true },
];

/** Runs the program; throws a ProgramError when it fails. */
export async function program(router: NeighbourWorld, ...argv: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await router.program(argv);
  if (exitCode !== 0) throw new ProgramError(`policy-route ${argv[0]} ended with ${exitCode}: ${stderr}${stdout}`.trim());
}

/** Applies a configuration of `set` lines (without `set policy-route`). */
export async function apply(router: NeighbourWorld, lines: readonly string[]): Promise<void> {
  const text = lines.map((line) => `set policy-route ${line}\n`).join("");
  await router.world.must(undefined, ["sh", "-euc", "cat > /run/pr/config.set"], { stdin: text });
  await program(router, "apply", "--config", "/run/pr/config.set");
}

async function nothing(done: Promise<void>): Promise<undefined> {
  await done;
}

export async function rest(milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) await pause(Math.min(100, end - Date.now()));
}

const GATEWAYS: Readonly<Record<Line, string>> = {
  eth0: "192.168.188.10",
  eth1: "192.0.2.1",
  eth2: "198.51.100.1",
  eth3: "10.99.0.1",
};

async function reachable(router: NeighbourWorld, line: Line): Promise<void> {
  await until(`${line} to work again`, async () => {
    const { exitCode } = await router.exec("router", ["ping", "-n", "-q", "-c", "1", "-W", "1", "-I", line, GATEWAYS[line]]);
    return exitCode === 0;
  });
}
