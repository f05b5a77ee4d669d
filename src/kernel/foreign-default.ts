import type { Family } from "../net/address.ts";
import { PROTOCOL } from "./ownership.ts";

/** A default route of others in a table that we use. */
export interface ForeignDefault {
  readonly family: Family;
  readonly table: number;
  readonly metric: number;
  /** As `ip route` shows it, without what does not tell it from others. */
  readonly text: string;
}

interface Hop {
  gateway?: string;
  via?: { host?: string };
  dev?: string;
}

interface RouteJson extends Hop {
  type?: string;
  dst?: string;
  metric?: number;
  protocol?: string;
  nexthops?: Hop[];
}

/** RTN_UNICAST and RTN_THROW: by them packets go on. What refuses packets lets none leave. */
const LEADING: Readonly<Record<string, string>> = { "1": "", "9": "throw " };

/** Default routes out of one table's `ip -N -d -j route show table N` that are not ours and lead somewhere. */
export function parseForeignDefaults(json: readonly unknown[], family: Family, table: number): ForeignDefault[] {
  return (json as readonly RouteJson[]).flatMap((entry): ForeignDefault[] => {
    const type = LEADING[entry.type ?? "1"];
    if (entry.protocol === String(PROTOCOL) || entry.dst !== "default" || type === undefined) return [];
    const metric = entry.metric ?? 0;
    const hops = entry.nexthops?.map((hop) => ` nexthop${hopWords(hop)}`).join("") ?? hopWords(entry);
    return [{ family, table, metric, text: `${type}default${hops}${metric === 0 ? "" : ` metric ${metric}`}` }];
  });
}

/** IPv4 routes over an IPv6 gateway have `via`. */
function hopWords({ gateway, via, dev }: Hop): string {
  const to = gateway ?? via?.host;
  return `${to === undefined ? "" : ` via ${to}`}${dev === undefined ? "" : ` dev ${dev}`}`;
}
