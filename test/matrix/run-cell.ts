import type { ChildProcess } from "node:child_process";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";
import type { Neighbour, Span } from "../support/neighbours/neighbour.ts";
import type { Line, NeighbourWorld } from "../support/neighbours/neighbour-world.ts";
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
        if (backend.guard === "monitor") monitor = startMonitor(bench);
      }
    }
    // What came in front before ours was put there is behind it now.
    const behind = event.before.at(-1) === "ours" ? neighbour.fronts().length : start;
    await traffic.start(backend !== undefined && failed === undefined);
    if (event.happen !== undefined) await rest(200);
    const happened = await noting(async () => event.happen?.(stage));
    await rest(300);
    const fronts = neighbour.fronts().slice(behind);
    if (backend !== undefined && guardOf(backend, row) === "restart" && fronts.length > 0)
      await noting(() => program(router, "restart"));
    const course: Course = { fronts, repaired: Date.now(), happened };
    if (fronts.length > 0) await rest(400);
    const cell = judge(bench, await traffic.stop(), course);
    return failed === undefined ? cell : { own: cell.own, failed };
  } finally {
    if (monitor !== undefined) await end(monitor);
    await neighbour.stop();
    if (backend !== undefined) await program(router, "uninstall");
    await router.exec("router", ["conntrack", "-F"]);
  }
}

function startMonitor({ router }: Bench): ChildProcess {
  return router.world.start({ netns: "router" }, [...router.programArgv, "monitor"], { stdio: "ignore", env: router.env });
}

async function end(monitor: ChildProcess): Promise<void> {
  kill(monitor, "SIGTERM");
  await until("the monitor to end", () => monitor.exitCode !== null || monitor.signalCode !== null, { every: 10 });
}

/** What happened, when; `repaired`: when our jump was put back, where nobody but the matrix does that. */
interface Course {
  readonly fronts: readonly Span[];
  readonly repaired: number;
  readonly happened: Happened | undefined;
}

/** Who puts us back in front. An ip rule that takes every packet comes in front of ours in any backend. */
function guardOf({ guard }: Backend, { catchesAll }: NeighbourRow): Backend["guard"] {
  return guard === "nothing" && catchesAll ? "restart" : guard;
}

/** When another was in front of ours, as far as the backend's promise allows it. */
function displaced(backend: Backend, row: NeighbourRow, { fronts, repaired }: Course): Span[] {
  const guard = guardOf(backend, row);
  if (guard === "nothing") return [];
  return fronts.map(({ from, to }) => ({ from, to: guard === "restart" ? repaired : to + backend.window }));
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
