import type { Context } from "./context.ts";
import { readConnections } from "./host/read-connections.ts";
import { readForeignRoutes } from "./host/read-foreign-routes.ts";
import { readTraffic } from "./host/read-traffic.ts";
import type { Shown } from "./show/model.ts";
import { isOfUplink, marksOfUplink, ownerOf } from "./show/show-connections.ts";
import type { Sight } from "./show/sight.ts";

/** What only some views need, and what costs programs of its own: others' routes in our tables. */
export async function withForeignRoutes(context: Context, shown: Shown): Promise<Shown> {
  const { tables = [] } = shown;
  const foreign = await readForeignRoutes(
    context.host,
    tables.map((table) => table.id),
  );
  const added = (table: number) =>
    foreign.filter((route) => route.table === table).map(({ family, text }) => ({ family, text, status: "foreign" as const }));
  return { ...shown, tables: tables.map((table) => ({ ...table, routes: [...(table.routes ?? []), ...added(table.id)] })) };
}

/** Likewise tracked connections and bytes of uplinks, as far as they can be read. */
export async function withTraffic(context: Context, { config, slots }: Sight, shown: Shown): Promise<Shown> {
  if (config === undefined || shown.uplinks === undefined) return shown;
  const owner = ownerOf(config, slots);
  const only = shown.uplinks.length === 1 ? shown.uplinks[0] : undefined;
  const [read, traffic] = await Promise.all([
    readConnections(context.host, (mark) => owner(mark) !== undefined, only && marksOfUplink(config, slots, only.name)),
    readTraffic(context.host),
  ]);
  const owners = "why" in read ? undefined : read.connections.map(({ mark }) => owner(mark)?.owner ?? "");
  const uplinks = shown.uplinks.map((uplink) => {
    const bytes = uplink.interface === undefined ? undefined : traffic.get(uplink.interface);
    const connections = uplink.mark === undefined ? undefined : owners?.filter((one) => isOfUplink(one, uplink.name)).length;
    return {
      ...uplink,
      ...(connections === undefined ? {} : { connections }),
      ...(bytes === undefined ? {} : { traffic: bytes }),
    };
  });
  return { ...shown, uplinks };
}
