import { openNeighbourWorld } from "../support/neighbours/neighbour-world.ts";
import type { NeighbourRow } from "../support/neighbours/rows.ts";
import type { Backend } from "./backends.ts";
import { EVENTS, type MatrixEvent } from "./events.ts";
import { type Bench, type Cell, runCell } from "./run-cell.ts";
import { makeTraffic } from "./traffic.ts";

/** What one event did; an Error that is no fault of the program's (a neighbour that does not start) is the test's own. */
export interface Outcome {
  readonly row: NeighbourRow;
  readonly backend: Backend | undefined;
  readonly event: MatrixEvent;
  readonly cell: Cell | Error;
}

/** Worlds at work at the same time: each waits most of its time. */
const AT_ONCE = 3;

/** The events that make sense for a neighbour, beside a backend or alone. */
export function eventsOf(row: NeighbourRow, backend: Backend | undefined): MatrixEvent[] {
  return EVENTS.filter((event) => (row.process || event.process !== true) && (backend !== undefined || event.alone));
}

/** Whether an event of a row is wanted. */
export type Chosen = (row: NeighbourRow, event: MatrixEvent) => boolean;

/** Every neighbour beside every backend, in the order of rows, backends and events. */
export async function runMatrix(
  rows: readonly NeighbourRow[],
  backends: readonly (Backend | undefined)[],
  chosen: Chosen = () => true,
): Promise<Outcome[]> {
  const pairs = rows.flatMap((row) => backends.map((backend) => ({ row, backend })));
  const done: Outcome[][] = pairs.map(() => []);
  const waiting = pairs.entries();
  const work = async () => {
    for (const [n, { row, backend }] of waiting) {
      const events = eventsOf(row, backend).filter((event) => chosen(row, event));
      done[n] = await runRow(row, backend, events, () => {});
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done.flat();
}

/** The events of one neighbour beside one backend, in as few worlds as possible. */
export async function runRow(
  row: NeighbourRow,
  backend: Backend | undefined,
  events: readonly MatrixEvent[],
  tell: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let bench: Bench | undefined;
  const close = async () => {
    await bench?.router.stop();
    bench = undefined;
  };
  for (const event of events) {
    if (event.fresh === true) await close();
    let cell: Cell | Error;
    try {
      bench ??= await openBench(row, backend);
      cell = await runCell(bench, event);
    } catch (error) {
      cell = error as Error;
      await close();
    }
    // A daemon that was killed may leave something behind that its next stop does not remove.
    if (event.process === true) await close();
    outcomes.push({ row, backend, event, cell });
    tell({ row, backend, event, cell });
  }
  await close();
  return outcomes;
}

/** A world with the neighbour ready to start, and servers, clients and witnesses at work. */
export async function openBench(row: NeighbourRow, backend: Backend | undefined): Promise<Bench> {
  const router = await openNeighbourWorld({ frontEnd: backend?.frontEnd ?? "iptables-nft", routed: row.routed });
  try {
    const neighbour = await row.make(router);
    return { router, neighbour, row, backend, traffic: await makeTraffic(router, row.own) };
  } catch (error) {
    await router.stop();
    throw error;
  }
}
