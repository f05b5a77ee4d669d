import type { End } from "../kernel/parse-conntrack.ts";
import { formatTable } from "./columns.ts";
import type { ShownConnection, ShownConnections } from "./show-connections.ts";
import { countWords } from "./words.ts";

/** One connection a line (two where they are long), and how many there are. */
export function formatConnections({ uplink, connections }: ShownConnections): string {
  const of = uplink === undefined ? "" : ` of uplink ${uplink}`;
  if (connections.length === 0) return `No tracked connection carries a mark${of === "" ? " of policy-route" : of}\n`;
  const columns = [
    { title: "By" },
    { title: "Protocol" },
    { title: "From and to", flexible: true },
    { title: "State" },
    { title: "Left", align: "right" as const },
  ];
  const rows = connections.map((connection) => [
    ownerWords(connection),
    connection.protocol,
    `${endWords(connection.source)} -> ${endWords(connection.destination)}${connection.translatedTo === undefined ? "" : ` as ${connection.translatedTo}`}`,
    connection.state ?? (connection.unreplied ? "unreplied" : "-"),
    connection.expires === undefined ? "-" : `${connection.expires} s`,
  ]);
  const count = `${countWords(connections.length)} ${connections.length === 1 ? "connection" : "connections"}${of}\n`;
  return formatTable(columns, rows) + count;
}

/** `dsl`, `web: dsl` for a member of a group, `in by dsl` */
function ownerWords({ owner, direction }: ShownConnection): string {
  const [kind, first = "", second] = owner.split(" ");
  const name = kind === "uplink" ? first : kind === "member" ? `${first}: ${second}` : owner;
  return direction === "in" ? `in by ${name}` : name;
}

function endWords({ address, port }: End): string {
  if (port === undefined) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
