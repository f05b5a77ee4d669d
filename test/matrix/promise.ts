import type { NeighbourRow } from "../support/neighbours/rows.ts";
import type { Backend } from "./backends.ts";
import type { MatrixEvent } from "./events.ts";
import type { Cell } from "./run-cell.ts";

/** What a cell is asked for: the program, three kinds of our traffic, the neighbour's own. */
export const PARTS = ["program", "new", "established", "datagrams", "own"] as const;
export type Part = (typeof PARTS)[number];

/** What is known not to hold today, and what has to come before it does. */
export interface Gap {
  readonly backends: readonly string[];
  readonly neighbours: readonly string[];
  /** Default: all. */
  readonly events?: readonly string[];
  readonly parts: readonly Part[];
  readonly why: string;
}

/** Each line goes when what it waits for is there: the test fails when a gap holds again, and when another one opens. */
export const GAPS: readonly Gap[] = [
  {
    backends: ["iptables-legacy", "nftables"],
    neighbours: ["wg-quick"],
    events: ["its start", "its restart"],
    parts: ["datagrams"],
    why:
      "An ip rule added without a preference becomes the second of all, whatever is there (Linux, fib_default_rule_pref), so wg-quick's " +
      "`not fwmark 51820 lookup 51820` takes every steered packet until the monitor has put our ip rules in front of it. A flow that went into the tunnel meanwhile " +
      "has left its uplink and stays there, as one that leaves by another line always does.",
  },
];

export function gapOf(row: NeighbourRow, backend: Backend | undefined, event: MatrixEvent, part: Part): Gap | undefined {
  return GAPS.find(
    (gap) =>
      gap.backends.includes(backend?.name ?? "") &&
      gap.neighbours.includes(row.name) &&
      (gap.events?.includes(event.name) ?? true) &&
      gap.parts.includes(part),
  );
}

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
