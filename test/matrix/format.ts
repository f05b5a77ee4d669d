import { BACKENDS, type Backend } from "./backends.ts";
import { EVENTS, type MatrixEvent } from "./events.ts";
import { isWrong, type Part, promised } from "./promise.ts";
import type { Cell } from "./run-cell.ts";
import type { Outcome } from "./run-matrix.ts";

const TRAFFIC = ["new", "established", "datagrams", "own"] as const satisfies readonly Part[];

/** docs/coexistence.md, from a run of all rows. */
export function formatMatrix(outcomes: readonly Outcome[]): string {
  const rows = [...new Set(outcomes.map(({ row }) => row))];
  const tables = rows.map((row) => {
    const columns = [...BACKENDS, undefined];
    const events = EVENTS.filter((event) => outcomes.some((outcome) => outcome.row === row && outcome.event === event));
    const cellAt = (event: MatrixEvent, backend: Backend | undefined): string => {
      const found = outcomes.find((outcome) => outcome.row === row && outcome.event === event && outcome.backend === backend);
      return found === undefined ? "-" : formatCell(found);
    };
    return [
      `## ${row.name}`,
      "",
      `Stand-in: ${row.standIn}.`,
      "",
      ...table([
        ["event", ...columns.map((backend) => backend?.name ?? "without us")],
        ...events.map((event) => [event.name, ...columns.map((backend) => cellAt(event, backend))]),
      ]),
    ].join("\n");
  });
  return `${[HEAD, columnsText(), ...tables].join("\n\n")}\n`;
}

function table([head = [], ...lines]: readonly (readonly string[])[]): string[] {
  const text = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [text(head), text(head.map(() => "---")), ...lines.map(text)];
}

function formatCell({ row, backend, cell }: Outcome): string {
  if (cell instanceof Error) return "the test itself failed";
  const mark = (part: Part, text: string): string => {
    if (!isWrong(cell, part)) return text;
    return promised(row, backend, part) ? `**${text}**` : `*${text}*`;
  };
  if (cell.failed !== undefined) return `${mark("program", "fails")}; ${mark("own", count(cell, "own"))}`;
  const parts = backend === undefined ? (["own"] as const) : TRAFFIC;
  return parts.map((part) => mark(part, count(cell, part))).join(", ");
}

function count(cell: Cell, part: (typeof TRAFFIC)[number]): string {
  const verdict = cell[part];
  if (verdict === undefined) return "-";
  return verdict.excused > 0 ? `${verdict.wrong} (+${verdict.excused})` : `${verdict.wrong}`;
}

const HEAD = `# Beside every other user of marks

Written by \`npm run test:matrix\`; do not edit. Each row of a table is an event on a router that has both: policy routing, which steers
TCP ports 443 and 8443 and UDP port 5000 of the LAN out of an uplink of its own, and the neighbour, whose traffic is all the rest. Packets are
sent before, during and after the event, half of them from a network behind the LAN. The uplink masquerades and has \`if-down prohibit\`. With
\`if-down main\`, iptables and a masquerade, a flow that was sent elsewhere while another jump was in front of ours has begun anew as the other's,
and stays so until it ends (docs/adr/0009-connection-labels.md); without address translation it comes back.

A cell says how much went wrong: **new TCP connections, established TCP connections, unanswered UDP, the neighbour's own connections**. Wrong is
what left by another line, was lost, or had to be sent again. Not counted: what is lost on a line while that line is dead, and the neighbour's own
connections while it is starting or stopped.

- \`0\` nothing went wrong.
- \`0 (+21)\` nothing is wrong but for 21 while another jump or ip rule was in front of ours; a connection or flow that was sent elsewhere or began then counts to its end.
- **bold**: the promise was not held.
- *italics*: not promised. The neighbour marks in nft base chains (or through another front end), which no iptables jump can be kept in front of.
- \`-\`: there is nothing to count.

"boot" starts on a router whose kernel has seen neither; "we last": the neighbour was started first.`;

function columnsText(): string {
  const guard = ({ guard, window }: Backend): string =>
    guard === "nothing"
      ? "has no jump that could be displaced"
      : `policy-route monitor puts its jumps back; allowed: ${window} ms, or until it says so where the machine was busy with other tests`;
  const rules =
    "An ip rule without a preference that takes every packet (wg-quick) gets in front of ours in any of them, since the kernel gives it the second " +
    "place of all; policy-route monitor goes in front of it again, allowed: 1000 ms.";
  return `${BACKENDS.map((backend) => `- ${backend.name}: ${guard(backend)}.`).join("\n")}\n\n${rules}`;
}
