import { tagName } from "../config/values/name.ts";
import { InvalidValue } from "../config/values/value.ts";
import { familyOf, prefixHolds, prefixOf } from "../net/address.ts";
import { assume, type Findings, type FoundRoute, type KnownLink, leave, type NextHop } from "./findings.ts";
import type { ImportedGroup, ImportedUplink, Way } from "./imported.ts";
import { readable, symbolOf } from "./symbol.ts";

export interface FoundUplinks {
  readonly uplinks: Map<string, ImportedUplink>;
  readonly groups: ImportedGroup[];
  /** Table (number, or a name without one) -> where it leads. */
  readonly ways: ReadonlyMap<string, Way>;
}

/** The number of a table, as text, or its name where no text gives it one. */
export function tableId(findings: Findings, table: string): string {
  return /^\d+$/.test(table) ? String(Number(table)) : String(findings.tableNames.get(table) ?? table);
}

/** Turns tables that hold a default route into uplinks, those with several into groups. `steered`: the tables that something leads to. */
export function findUplinks(findings: Findings, links: readonly KnownLink[], steered: readonly string[]): FoundUplinks {
  const found = { uplinks: new Map<string, ImportedUplink>(), groups: [] as ImportedGroup[], ways: new Map<string, Way>() };
  const tables = new Map<string, FoundRoute[]>();
  for (const route of findings.routes) {
    const id = tableId(findings, route.table);
    tables.set(id, [...(tables.get(id) ?? []), route]);
  }
  const single = [...tables].filter(([, routes]) => hopsOf(routes).length === 1);
  for (const [id, routes] of [...single, ...[...tables].filter(([, all]) => hopsOf(all).length !== 1)]) {
    if (!steered.includes(id)) {
      for (const route of routes.filter(({ prefix }) => prefix === "default"))
        leave(findings, route.at, `nothing leads to table ${nameOf(findings, id) ?? id}`);
      continue;
    }
    const hops = hopsOf(routes);
    if (hops.length === 0) continue;
    if (hops.length === 1) {
      const uplink = makeUplink(findings, links, found.uplinks, id, routes);
      found.ways.set(id, { kind: "uplink", name: uplink.name });
    } else found.ways.set(id, makeGroup(findings, links, found, id, routes));
  }
  for (const id of steered) if (!found.ways.has(id)) found.ways.set(id, foreignTable(findings, id));
  return found;
}

/** The next hops of a table's unicast defaults, of both families; those of one device are one. */
function hopsOf(routes: readonly FoundRoute[]): { readonly hop: NextHop; readonly route: FoundRoute }[] {
  const hops = defaultsOf(routes).flatMap((route) => route.hops.map((hop) => ({ hop, route })));
  return hops.filter(({ hop }, i) => hops.findIndex((other) => sameLine(other.hop, hop)) === i);
}

/** Documents show a route when they make it, when they list it, and again in a script. */
function sameLine(a: NextHop, b: NextHop): boolean {
  const isV6 = (hop: NextHop): boolean => familyOf(hop.gateway ?? "") === "ipv6";
  if (a.device !== undefined && b.device !== undefined && a.device !== b.device) return false;
  return (
    a.gateway === b.gateway ||
    isV6(a) !== isV6(b) ||
    [a, b].some(({ gateway }) => gateway === undefined || symbolOf(gateway) !== undefined)
  );
}

function defaultsOf(routes: readonly FoundRoute[]): FoundRoute[] {
  return routes.filter(({ prefix, type }) => prefix === "default" && type === "unicast").sort((a, b) => a.metric - b.metric);
}

export function nameOf(findings: Findings, id: string): string | undefined {
  return /^\d+$/.test(id) ? [...findings.tableNames].find(([, number]) => String(number) === id)?.[0] : id;
}

function foreignTable(findings: Findings, id: string): Way {
  if (id === "254" || id === "main") return { kind: "exempt" };
  return { kind: "table", name: nameOf(findings, id) ?? id };
}

function isName(text: string | undefined, taken: { has(name: string): boolean }): text is string {
  try {
    return text !== undefined && !taken.has(tagName("uplink")(text));
  } catch (error) {
    if (error instanceof InvalidValue) return false;
    throw error;
  }
}

function chooseName(taken: { has(name: string): boolean }, ...candidates: readonly (string | undefined)[]): string {
  const good = candidates.map((text) => text?.replace(/[^\w-]/g, "-").slice(0, 15)).find((text) => isName(text, taken));
  for (let n = 1; ; n++) {
    const name = good ?? `uplink${n}`;
    if (!taken.has(name)) return name;
  }
}

function makeUplink(
  findings: Findings,
  links: readonly KnownLink[],
  uplinks: Map<string, ImportedUplink>,
  id: string,
  routes: readonly FoundRoute[],
): ImportedUplink {
  const defaults = defaultsOf(routes);
  const [first] = defaults as [FoundRoute];
  const tableName = nameOf(findings, id);
  const device = deviceOf(findings, links, first, defaults);
  const name = chooseName(uplinks, isName(tableName, uplinks) ? tableName : undefined, device, `table${id}`);
  const uplink: ImportedUplink = { name, at: first.at, leaves: new Map() };
  uplinks.set(name, uplink);
  putWay(findings, uplink, device, defaults, routes);
  if (/^\d+$/.test(id)) {
    const number = Number(id);
    const isReserved = number > 200 && number < 256;
    if (isReserved)
      assume(findings, first.at, `table ${number} belongs to load-balancing wan; ${2000 + number} is taken instead`);
    uplink.leaves.set("table", String(isReserved ? 2000 + number : number));
  }
  if (tableName !== undefined && tableName !== name) uplink.leaves.set("table-name", tableName);
  if (tableName !== undefined && /^\d+$/.test(id))
    assume(
      findings,
      first.at,
      `policy-route registers the name of the table itself: take "${id} ${tableName}" out of /etc/iproute2/rt_tables`,
    );
  return uplink;
}

function deviceOf(
  findings: Findings,
  links: readonly KnownLink[],
  first: FoundRoute,
  defaults: readonly FoundRoute[],
): string | undefined {
  const said = defaults.flatMap(({ hops }) => hops).find(({ device }) => device !== undefined)?.device;
  if (said !== undefined && symbolOf(said) === undefined) return said;
  const gateway = first.hops[0]?.gateway ?? "";
  const near =
    familyOf(gateway) === undefined
      ? undefined
      : links.find(({ addresses }) =>
          addresses.some(
            ({ address, length }) => familyOf(address) === familyOf(gateway) && prefixHolds(prefixOf(address, length), gateway),
          ),
        );
  if (near === undefined) leave(findings, first.at, "the interface is not said: set it on the uplink");
  else assume(findings, first.at, `the interface is not said: ${gateway} is in a network of ${near.name} on this machine`);
  return near?.name;
}

/** Interface, gateways, source address, and what the other routes of the table ask for. */
function putWay(
  findings: Findings,
  { leaves }: ImportedUplink,
  device: string | undefined,
  defaults: readonly FoundRoute[],
  routes: readonly FoundRoute[],
): void {
  if (device !== undefined) leaves.set("interface", device);
  for (const family of ["ipv4", "ipv6"] as const) {
    const mine = defaults.filter((route) => route.family === family);
    const route = mine.find(({ hops }) => familyOf(hops[0]?.gateway ?? "") !== undefined) ?? mine[0];
    if (route === undefined) continue;
    const leaf = family === "ipv4" ? "gateway" : "gateway6";
    const gateway = route.hops[0]?.gateway;
    const symbol = gateway === undefined ? undefined : symbolOf(gateway);
    const isPpp = /^ppp/.test(device ?? "") || symbol?.kind === "peer";
    if (isPpp && family === "ipv4") leaves.set(leaf, "ppp");
    else if (symbol !== undefined) {
      leaves.set(leaf, family === "ipv4" ? "dhcp" : "ra");
      assume(
        findings,
        route.at,
        `${readable(gateway ?? "")} is known only when the script runs: taken for what ${family === "ipv4" ? "DHCP" : "a router advertisement"} names`,
      );
    } else if (gateway !== undefined) leaves.set(leaf, gateway);
    else if (route.incomplete) leave(findings, route.at, `the gateway has to be set on the uplink`);
    else if (!/^(tun|wg|gre|sit|ipip|vti|wwan|vtun)/.test(device ?? "")) leaves.set(leaf, "none");
    if (
      route.onlink ||
      isPpp ||
      routes.some(({ prefix, hops }) => gateway !== undefined && bare(prefix) === gateway && hops[0]?.gateway === undefined)
    )
      leaves.set("onlink", "");
    const source = mine.find((one) => one.source !== undefined)?.source;
    if (source !== undefined && familyOf(source) !== undefined) leaves.set("source-address", source);
  }
  const refusal = routes.find(({ prefix, type }) => prefix === "default" && type !== "unicast" && type !== "throw");
  if (refusal !== undefined) leaves.set("if-down", refusal.type);
}

function bare(prefix: string): string {
  return prefix.replace(/\/(32|128)$/, "");
}

function makeGroup(
  findings: Findings,
  links: readonly KnownLink[],
  { uplinks, groups }: { readonly uplinks: Map<string, ImportedUplink>; readonly groups: ImportedGroup[] },
  id: string,
  routes: readonly FoundRoute[],
): Way {
  const hops = hopsOf(routes);
  const isBalanced = hops.some(({ route }) => route.hops.length > 1);
  const members = hops.map(({ hop, route }, i) => {
    const known = [...uplinks.values()].find(
      ({ leaves }) =>
        leaves.get("interface") === hop.device &&
        (hop.gateway === undefined || [leaves.get("gateway"), leaves.get("gateway6")].includes(hop.gateway)),
    );
    const rank = isBalanced ? (hop.weight ?? 1) : (i + 1) * 10;
    if (known !== undefined) return { uplink: known.name, rank };
    const { source: _, ...rest } = route;
    const alone: FoundRoute = { ...rest, hops: [hop] };
    const device = deviceOf(findings, links, alone, [alone]);
    const uplink: ImportedUplink = { name: chooseName(uplinks, device), at: route.at, leaves: new Map() };
    uplinks.set(uplink.name, uplink);
    putWay(findings, uplink, device, [alone], [alone]);
    return { uplink: uplink.name, rank };
  });
  const [{ route }] = hops as [(typeof hops)[number]];
  const taken = new Set([...uplinks.keys(), ...groups.map(({ name }) => name)]);
  const name = chooseName(taken, nameOf(findings, id), `table${id}`);
  groups.push({ name, at: route.at, mode: isBalanced ? "balance" : "failover", members });
  assume(
    findings,
    route.at,
    `table ${nameOf(findings, id) ?? id} has several ways: a group, ${isBalanced ? "balanced by connection" : "the first that is up"}`,
  );
  return { kind: "group", name };
}
