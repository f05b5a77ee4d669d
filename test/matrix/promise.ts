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

const COMES_IN_FRONT = ["its start", "its restart", "its kill -9 and start", "boot, we first"];

/** Each line goes when what it waits for is there: the test fails when a gap holds again, and when another one opens. */
export const GAPS: readonly Gap[] = [
  {
    backends: ["iptables-nft"],
    neighbours: [
      "WAN load balancing, VyOS with nft-tools",
      "WAN load balancing, VyOS with nft-tools, sticky inbound and local traffic",
    ],
    parts: ["program"],
    why:
      "Its native source NAT rules are in the table that iptables-nft calls nat, and iptables-nft-save refuses to print a table with such rules: " +
      "the program does not find its own rules there and fails. It has to read that table with nft, or take the nftables backend.",
  },
  {
    backends: ["iptables-nft", "iptables-legacy"],
    neighbours: ["wg-quick"],
    events: COMES_IN_FRONT,
    parts: ["program"],
    why:
      "An ip rule added without a preference goes to just below the lowest one, which is ours: wg-quick's `not fwmark 51820 lookup 51820` then takes " +
      "every steered packet. The program notices it and fails; it waits for the drift guard.",
  },
  {
    backends: ["iptables-nft", "iptables-legacy"],
    neighbours: [
      "WAN load balancing, 1.2 and 1.3",
      "WAN load balancing, 1.2 and 1.3, sticky inbound and local traffic",
      "Vyatta 6.5 policy route",
    ],
    events: COMES_IN_FRONT,
    parts: ["datagrams"],
    why:
      "A flow without an answer that another took while it was in front stays with it although our jump is first again. It waits for the jump order " +
      "guard, which puts such flows back.",
  },
  {
    backends: ["nftables"],
    neighbours: ["wg-quick"],
    events: COMES_IN_FRONT,
    parts: ["new", "established", "datagrams"],
    why: "The same ip rule, with nothing that looks: every steered packet goes into the tunnel. It waits for the drift guard.",
  },
  {
    backends: ["nftables"],
    neighbours: [
      "WAN load balancing, VyOS with nft-tools",
      "WAN load balancing, 1.2 and 1.3",
      "WAN load balancing, newest",
      "WAN load balancing, VyOS with nft-tools, sticky inbound and local traffic",
      "WAN load balancing, 1.2 and 1.3, sticky inbound and local traffic",
      "WAN load balancing, newest, sticky inbound and local traffic",
    ],
    events: ["its start", "boot, we first"],
    parts: ["datagrams"],
    why:
      "Connection labels are used only when WAN load balancing was seen at the last reconcile. One that starts later rewrites the marks of flows " +
      "without an answer, until there is a reconcile again.",
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
