import type { ChildProcess } from "node:child_process";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";
import type { Neighbour, Span } from "../support/neighbours/neighbour.ts";
import { type Line, type NeighbourWorld, ROOT } from "../support/neighbours/neighbour-world.ts";
import type { NeighbourRow } from "../support/neighbours/rows.ts";
import type { Backend } from "./backends.ts";
import { apply, type Happened, type MatrixEvent, ProgramError, program, rest, type Stage } from "./events.ts";
import type { Sent } from "./flows.ts";
import {
  add,
  judgeDatagrams,
  judgeEstablished,
  judgeNew,
  judgeOwnEstablished,
  judgeOwnNew,
  NOTHING,
  OUR_LINE,
  type OwnTimes,
  type Right,
  type Times,
  type Verdict,
} from "./judge.ts";
import { type Recorded, STEERED, type Traffic } from "./traffic.ts";

/** One cell: what went wrong with each kind of traffic. Undefined: not there in this event. */
export interface Cell {
  readonly new?: Verdict;
  readonly established?: Verdict;
  readonly datagrams?: Verdict;
  readonly own: Verdict;
  /** The program could not do what it was asked: its words. Its traffic is not judged then. */
  readonly failed?: string;
}

/** A world with one neighbour in it, in which the events of its row happen one after another. */
export interface Bench {
  readonly router: NeighbourWorld;
  readonly neighbour: Neighbour;
  readonly row: NeighbourRow;
  readonly traffic: Traffic;
  /** Without one: how the neighbour does alone. */
  readonly backend: Backend | undefined;
}

/** Puts the router into the state the event starts from, lets it happen under traffic, and takes everything out again. */
export async function runCell(bench: Bench, event: MatrixEvent): Promise<Cell> {
  const { router, neighbour, traffic, row, backend } = bench;
  const stage: Stage = { router, neighbour, line: row.line, set: backend?.set ?? [] };
  const start = neighbour.fronts().length;
  let monitor: ChildProcess | undefined;
  let failed: string | undefined;
  const noting = async <T>(run: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      failed ??= error.message;
      return undefined;
    }
  };
  try {
    for (const who of event.before) {
      if (who === "neighbour") await neighbour.start();
      else if (backend !== undefined) {
        await noting(() => apply(router, [...backend.set, ...STEERED]));
        if (guardOf(backend, row) === "monitor") monitor = await startMonitor(bench);
      }
    }
    // What came in front before ours was put there is behind it now.
    const behind = event.before.at(-1) === "ours" ? neighbour.fronts().length : start;
    await traffic.start(backend !== undefined && failed === undefined);
    if (event.happen !== undefined) await rest(200);
    const happened = await noting(async () => event.happen?.(stage));
    await rest(300);
    const fronts = neighbour.fronts().slice(behind);
    const course: Course = { fronts, repairs: [], happened };
    if (backend !== undefined && fronts.length > 0) {
      // As long as it takes to see what goes wrong when nothing is allowed to any more.
      const end = Math.max(Date.now(), ...displaced(backend, row, course).map(({ to }) => to));
      await rest(end - Date.now() + 400);
    }
    const cell = judge(bench, await traffic.stop(), { ...course, repairs: await repairs(bench) });
    return failed === undefined ? cell : { own: cell.own, failed };
  } finally {
    if (monitor !== undefined) await end(monitor);
    await neighbour.stop();
    if (backend !== undefined) await program(router, "uninstall");
    await router.exec("router", ["conntrack", "-F"]);
  }
}

/** Returns when it listens and has looked once. */
async function startMonitor({ router }: Bench): Promise<ChildProcess> {
  const monitor = router.world.start({ netns: "router" }, [...router.programArgv, "monitor"], {
    stdio: "ignore",
    env: router.env,
  });
  const listens = async () => {
    const { stdout } = await router.exec("router", ["sh", "-c", LISTENERS]);
    return stdout.includes("ip -o monitor");
  };
  await until("the monitor to listen", listens, { every: 50 });
  return monitor;
}

/** Command lines of the monitor's own children. */
const LISTENERS = `pid=$(cat ${ROOT}/run/policy-route/monitor.pid) || exit 1
for child in $(cat /proc/$pid/task/$pid/children); do tr '\\0' ' ' < /proc/$child/cmdline; echo; done`;

async function end(monitor: ChildProcess): Promise<void> {
  kill(monitor, "SIGTERM");
  await until("the monitor to end", () => monitor.exitCode !== null || monitor.signalCode !== null, { every: 10 });
}

/** What happened, when. */
interface Course {
  readonly fronts: readonly Span[];
  /** When the monitor had put something back. */
  readonly repairs: readonly number[];
  readonly happened: Happened | undefined;
}

/** Milliseconds within which ip rules are put right: a drift, not a jump. */
const RULE_WINDOW = 1000;

/** Who puts us back in front. An ip rule that takes every packet comes in front of ours in any backend. */
function guardOf({ guard }: Backend, { catchesAll }: NeighbourRow): Backend["guard"] {
  return guard === "nothing" && catchesAll ? "monitor" : guard;
}

/**
 * When another was in front of ours. How fast the monitor is when it has the machine for itself is the bench's business: here it
 * shares two cores with all tests, so its own word counts, up to a limit.
 */
function displaced(backend: Backend, row: NeighbourRow, { fronts, repairs }: Course): Span[] {
  if (guardOf(backend, row) === "nothing") return [];
  return fronts.map(({ from, to }) => {
    const back = repairs.find((at) => at >= to && at <= to + PATIENCE) ?? to;
    return { from, to: Math.max(back, to + (row.catchesAll ? RULE_WINDOW : backend.window)) };
  });
}

/** Milliseconds: what is repaired later than this was not repaired in time, however busy the machine is. */
const PATIENCE = 2000;

/** Times of all repairs that were written down. */
async function repairs({ router }: Bench): Promise<number[]> {
  const { stdout } = await router.exec("router", ["sh", "-c", `cat ${ROOT}/run/policy-route/events.jsonl || true`]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  const events = lines.map((line) => JSON.parse(line) as { readonly at: number; readonly kind: string });
  return events.flatMap(({ at, kind }) => (kind === "drift" ? [at] : []));
}

function judge({ backend, row, neighbour }: Bench, seen: Recorded, course: Course): Cell {
  const { deadLine, uninstalled } = course.happened ?? {};
  const deadOn = (line: Line) => (deadLine?.line === line ? [deadLine.span] : []);
  const ownTimes: OwnTimes = { settled: row.lossy ? [] : neighbour.settled(), dead: deadOn(row.line) };
  const strays = seen.strays.own;
  const onOurLine: Verdict = {
    ...NOTHING,
    wrong: strays.length,
    examples: strays.slice(0, 3).map(({ at }) => `on our line at ${at}`),
  };
  const own = row.own.map(({ right }, n) => judgeOwn(seen.own[n], right, ownTimes)).reduce(add, onOurLine);
  if (backend === undefined || uninstalled === true) return { own };
  const times: Times = { displaced: displaced(backend, row, course), dead: deadOn("eth3") };
  return {
    new: judgeNew(seen.ours.news["new"] ?? [], (by) => by === OUR_LINE, times),
    established: judgeEstablished(seen.ours.connections["established"] ?? [], seen.strays.ours, times),
    datagrams: judgeDatagrams(seen.ours.datagrams["datagrams"] ?? [], seen.arrived, times),
    own,
  };
}

function judgeOwn(sent: Sent | undefined, right: Right, times: OwnTimes): Verdict {
  return add(
    judgeOwnNew(sent?.news["new"] ?? [], right, times),
    judgeOwnEstablished(sent?.connections["established"] ?? [], right, times),
  );
}
