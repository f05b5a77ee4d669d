import type { NeighbourRow } from "../support/neighbours/rows.ts";
import type { Backend } from "./backends.ts";
import type { Cell } from "./run-cell.ts";

/** What a cell is asked for: the program, three kinds of our traffic, the neighbour's own. */
export const PARTS = ["program", "new", "established", "datagrams", "own"] as const;
export type Part = (typeof PARTS)[number];

/** Our own traffic beside a neighbour that a backend's jumps cannot be kept in front of is not promised: `backend auto` takes nftables. */
export function promised(row: NeighbourRow, backend: Backend | undefined, part: Part): boolean {
  return part === "own" || part === "program" || (backend?.keepsItsPlace(row.hook(backend.frontEnd)) ?? true);
}

/** Parts of a cell in which something went wrong that the promise does not allow. */
export function brokenParts(row: NeighbourRow, backend: Backend | undefined, cell: Cell): Part[] {
  return PARTS.filter((part) => promised(row, backend, part) && isWrong(cell, part));
}

export function isWrong(cell: Cell, part: Part): boolean {
  return part === "program" ? cell.failed !== undefined : (cell[part]?.wrong ?? 0) > 0;
}

/** Everything about a cell that a failed test has to say. */
export function explain(cell: Cell): string {
  const lines = PARTS.flatMap((part) => {
    if (part === "program") return cell.failed === undefined ? [] : [cell.failed];
    const { wrong = 0, of = 0, examples = [] } = cell[part] ?? {};
    return wrong === 0 ? [] : [`${part}: ${wrong} of ${of} wrong`, ...examples.map((words) => `  ${words}`)];
  });
  return lines.join("\n");
}
