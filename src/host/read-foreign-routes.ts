import { PROTOCOL, PROTOCOL_NAME } from "../kernel/ownership.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import type { Host } from "./host.ts";
import { output, parseJsonLines } from "./observe-kernel.ts";

/** A route that somebody else put into a table of ours, in the words of `ip route`. */
export interface ForeignRoute {
  readonly table: number;
  readonly family: Family;
  readonly text: string;
}

interface RouteJson {
  readonly type?: string;
  readonly dst?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol?: string;
  readonly metric?: number;
}

/** What a diff of our own objects leaves out, but packets do not: routes of others in these tables (iproute2 6.1). */
export async function readForeignRoutes(host: Host, tables: readonly number[]): Promise<ForeignRoute[]> {
  if (tables.length === 0) return [];
  const stdin = `${tables.map((table) => `route show table ${table}`).join("\n")}\n`;
  const found = await Promise.all(
    FAMILIES.map(async (family) => {
      const text = await output(host, ["ip", family === "ipv4" ? "-4" : "-6", "-j", "-batch", "-"], stdin);
      return parseJsonLines(text).flatMap((routes, at) =>
        (routes as readonly RouteJson[])
          .filter((route) => !isOurs(route))
          .map((route): ForeignRoute => ({ table: tables[at] ?? 0, family, text: inWords(route) })),
      );
    }),
  );
  return found.flat();
}

/** By number, or by the name that our rt_protos.d file gives it. */
function isOurs({ protocol }: RouteJson): boolean {
  return protocol === String(PROTOCOL) || protocol === PROTOCOL_NAME;
}

function inWords({ type, dst, gateway, dev, protocol, metric }: RouteJson): string {
  return [
    ...(type === undefined || type === "unicast" ? [] : [type]),
    dst ?? "?",
    ...(gateway === undefined ? [] : [`via ${gateway}`]),
    ...(dev === undefined ? [] : [`dev ${dev}`]),
    ...(protocol === undefined ? [] : [`proto ${protocol}`]),
    ...(metric === undefined ? [] : [`metric ${metric}`]),
  ].join(" ");
}
