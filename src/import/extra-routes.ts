import { parsePrefix } from "../net/address.ts";
import { type FoundUplinks, tableId } from "./find-uplinks.ts";
import { assume, type Findings, type FoundRoute, leave } from "./findings.ts";
import type { Imported } from "./imported.ts";

/**
 * What the tables of uplinks hold beside their default: networks that go another way than the default. `throw` in all of them is
 * `exempt destination`; networks of the router's own interfaces are exempt anyway.
 */
export function exemptOfTables(findings: Findings, { ways, uplinks }: FoundUplinks): Imported["exempt"] {
  const steered = [...ways].filter(([, way]) => way.kind === "uplink" || way.kind === "group").map(([id]) => id);
  const exempt = new Map<string, Imported["exempt"][number]>();
  for (const route of findings.routes) {
    const id = tableId(findings, route.table);
    const network = parsePrefix(route.prefix);
    if (!steered.includes(id) || route.prefix === "default") continue;
    const others = (other: string): boolean =>
      findings.routes.some(
        ({ table, type, prefix }) => tableId(findings, table) === other && type === "throw" && prefix === route.prefix,
      );
    if (route.type === "throw" && network !== undefined && steered.every(others)) {
      exempt.set(route.prefix, { side: "destination", prefix: `${network.address}/${network.length}`, at: route.at });
    } else if (route.type === "throw") {
      leave(
        findings,
        route.at,
        '"exempt destination" is for all uplinks, this for one table: add a rule with action exempt in front of its rules',
      );
    } else if (!isDirect(route)) {
      leave(
        findings,
        route.at,
        "an uplink has a default alone: what is steered to it goes by it also to here. If main knows the way, add exempt destination",
      );
    } else if (
      !isGatewayOf(findings, route, id) &&
      ![...uplinks.values()].some(({ leaves }) => leaves.get("interface") === route.hops[0]?.device)
    ) {
      assume(findings, route.at, "networks of the router's own interfaces are never steered (exempt connected)");
    }
  }
  return [...exempt.values()];
}

/** A network at an interface, without a gateway. */
function isDirect({ type, hops }: FoundRoute): boolean {
  return type === "unicast" && hops.length === 1 && hops[0]?.gateway === undefined;
}

function isGatewayOf(findings: Findings, { prefix }: FoundRoute, id: string): boolean {
  return findings.routes.some(
    (other) =>
      tableId(findings, other.table) === id && other.hops.some(({ gateway }) => gateway === prefix.replace(/\/(32|128)$/, "")),
  );
}
