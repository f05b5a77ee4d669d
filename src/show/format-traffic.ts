import { formatTable } from "./columns.ts";
import type { ShownUplink } from "./model.ts";
import { bytesWords, countWords, healthWords, sinceWords } from "./words.ts";

/** The uplinks with what goes over them. `at`: seconds since the epoch. */
export function formatTraffic(uplinks: readonly ShownUplink[], at: number, width?: number): string {
  const probed = uplinks.some(({ health }) => health !== undefined);
  const columns = [
    { title: "Uplink" },
    { title: "Interface" },
    { title: "State" },
    { title: "Since", align: "right" as const },
    ...(probed ? [{ title: "Health" }] : []),
    { title: "Connections", align: "right" as const },
    { title: "Received", align: "right" as const },
    { title: "Sent", align: "right" as const },
  ];
  const rows = uplinks.map((uplink) => [
    uplink.name,
    uplink.interface ?? "-",
    uplink.forced === undefined ? uplink.state : `${uplink.state} (forced)`,
    sinceWords(uplink.since, at),
    ...(probed ? [healthWords(uplink)] : []),
    uplink.connections === undefined ? "-" : countWords(uplink.connections),
    uplink.traffic === undefined ? "-" : bytesWords(uplink.traffic.received),
    uplink.traffic === undefined ? "-" : bytesWords(uplink.traffic.sent),
  ]);
  return formatTable(columns, rows, width);
}
