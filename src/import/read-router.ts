import { treeBelow } from "../config/build-tree.ts";
import type { ConfigTree } from "../config/config-tree.ts";
import { configuredInterfaces } from "../config/configured-interfaces.ts";
import { compareNatural } from "../config/natural-order.ts";
import type { Family } from "../net/address.ts";
import { type Findings, type FoundRoute, type FoundRule, leave, type NextHop, type Place } from "./findings.ts";
import { parseMark } from "./number-words.ts";
import { readRouterRule } from "./router-rule.ts";
import { symbolText } from "./symbol.ts";

/** Where a path of the configuration was written. */
export type PlaceOf = (path: readonly string[]) => Place;

/** Policies by generation: Vyatta and VyOS, EdgeOS. */
const POLICIES: readonly { readonly path: readonly string[]; readonly family: Family; readonly binding: readonly string[] }[] = [
  { path: ["policy", "route"], family: "ipv4", binding: ["policy", "route"] },
  { path: ["policy", "route6"], family: "ipv6", binding: ["policy", "route6"] },
  { path: ["policy", "ipv6-route"], family: "ipv6", binding: ["policy", "ipv6-route"] },
  { path: ["firewall", "modify"], family: "ipv4", binding: ["firewall", "in", "modify"] },
  { path: ["firewall", "ipv6-modify"], family: "ipv6", binding: ["firewall", "in", "ipv6-modify"] },
];

/** Reads what a router's configuration has of policy routing. */
export function readRouter(findings: Findings, tree: ConfigTree, placeOf: PlaceOf): void {
  for (const { name, addresses } of configuredInterfaces(tree) ?? [])
    findings.links.push({ name, addresses: addresses.map(({ address, network }) => ({ address, length: network.length })) });
  for (const { path, family, binding } of POLICIES)
    for (const [name, policy] of treeBelow(tree, path)?.children ?? []) {
      const own = [...(policy.children.get("interface")?.children.keys() ?? [])];
      const bound = [...own, ...boundTo(tree, binding, name)];
      readPolicy(findings, policy, [...path, name], family, bound, placeOf);
    }
  for (const [id, table] of treeBelow(tree, ["protocols", "static", "table"])?.children ?? [])
    readTable(findings, table, id, ["protocols", "static", "table", id], placeOf);
  readLocalRoutes(findings, tree, "local-route", "ipv4", placeOf);
  readLocalRoutes(findings, tree, "local-route6", "ipv6", placeOf);
  if (treeBelow(tree, ["load-balancing", "wan"]) !== undefined) {
    leave(
      findings,
      placeOf(["load-balancing", "wan"]),
      "WAN load balancing: a group with mode balance does the like, with its own words",
    );
  }
}

/** Interfaces of any type, with VLANs and PPPoE sessions, that have `binding NAME` below them. */
function boundTo(tree: ConfigTree, binding: readonly string[], policy: string): string[] {
  const found: string[] = [];
  const visit = (name: string, at: ConfigTree): void => {
    if (treeBelow(at, [...binding, policy]) !== undefined) found.push(name);
    for (const kind of ["vif", "vif-s", "vif-c"])
      for (const [id, below] of at.children.get(kind)?.children ?? []) visit(`${name}.${id}`, below);
    for (const [unit, below] of at.children.get("pppoe")?.children ?? []) visit(`pppoe${unit}`, below);
  };
  for (const [, named] of tree.children.get("interfaces")?.children ?? [])
    for (const [name, at] of named.children) visit(name, at);
  return found;
}

function readPolicy(
  findings: Findings,
  policy: ConfigTree,
  path: readonly string[],
  family: Family,
  bound: readonly string[],
  placeOf: PlaceOf,
): void {
  const rules = [...(policy.children.get("rule")?.children ?? [])].sort(([a], [b]) => compareNatural(a, b));
  if (bound.length === 0 && rules.length > 0) {
    leave(findings, placeOf(path), "is bound to no interface, so it takes nothing");
    return;
  }
  for (const [number, tree] of rules) {
    if (tree.children.has("disable")) continue;
    const at = placeOf([...path, "rule", number]);
    const { condition, does, log, description, missing } = readRouterRule(tree);
    const said = missing.map(({ what }) => what).join(", ");
    const isSteering = does !== undefined && does !== "drop";
    if (missing.some(({ isCondition }) => isCondition)) {
      const widens = !isSteering || ("table" in does && does.table === "main");
      leave(
        findings,
        at,
        `${said}: no counterpart in a rule of policy-route${widens ? ". TOO WIDE WITHOUT IT: what it let pass is steered by the rules after it" : ""}`,
      );
      continue;
    }
    if (does === undefined) {
      leave(findings, at, said === "" ? "does nothing with its packets" : `${said}: not steering`);
      continue;
    }
    if (said !== "") leave(findings, at, `${said}: not steering; the rest of the rule is taken`);
    findings.policies[family].push({
      at,
      condition: new Map([...condition, ...(bound.length === 0 ? [] : [["inbound-interface", bound] as const])]),
      mark: isSteering && "mark" in does ? does.mark : 0,
      connection: 0,
      drops: does === "drop",
      ...(isSteering && "table" in does ? { table: does.table } : {}),
      ...(log ? { log } : {}),
      ...(description === undefined ? {} : { description }),
    });
  }
}

/** Static routes of a table in the words of each generation. */
function readTable(findings: Findings, table: ConfigTree, id: string, path: readonly string[], placeOf: PlaceOf): void {
  for (const [kind, family] of [
    ["route", "ipv4"],
    ["interface-route", "ipv4"],
    ["route6", "ipv6"],
    ["interface-route6", "ipv6"],
  ] as const)
    for (const [prefix, tree] of table.children.get(kind)?.children ?? []) {
      const at = placeOf([...path, kind, prefix]);
      const isDefault = prefix === "0.0.0.0/0" || prefix === "::/0";
      const base = { at, family, table: id, prefix: isDefault ? "default" : prefix, onlink: false, incomplete: false };
      const add = (type: FoundRoute["type"], hop: NextHop | undefined, metric: number): void => {
        findings.routes.push({ ...base, type, hops: hop === undefined ? [] : [hop], metric });
      };
      for (const [gateway, below] of tree.children.get("next-hop")?.children ?? []) {
        const device = [...(below.children.get("interface")?.children.keys() ?? [])][0];
        if (!below.children.has("disable"))
          add("unicast", { gateway, ...(device === undefined ? {} : { device }) }, distance(below));
      }
      for (const word of ["next-hop-interface", "interface"])
        for (const [device, below] of tree.children.get(word)?.children ?? [])
          if (!below.children.has("disable")) add("unicast", { device }, distance(below));
      for (const device of tree.children.get("dhcp-interface")?.children.keys() ?? [])
        add("unicast", { device, gateway: symbolText({ kind: "unknown", name: `dhcp-interface ${device}` }) }, 0);
      if (tree.children.has("blackhole")) add("blackhole", undefined, 255);
      if (tree.children.has("reject")) add("unreachable", undefined, 255);
    }
}

function distance(tree: ConfigTree): number {
  return Number([...(tree.children.get("distance")?.children.keys() ?? [])][0] ?? 1);
}

/** `policy local-route rule N`: an ip rule with that preference. */
function readLocalRoutes(
  findings: Findings,
  tree: ConfigTree,
  word: "local-route" | "local-route6",
  family: Family,
  placeOf: PlaceOf,
): void {
  for (const [number, rule] of treeBelow(tree, ["policy", word, "rule"])?.children ?? []) {
    const at = placeOf(["policy", word, "rule", number]);
    const values = (...path: string[]): string[] => [...(treeBelow(rule, path)?.children.keys() ?? [])];
    const addresses = (side: "source" | "destination"): string[] =>
      values(side, "address").length > 0 ? values(side, "address") : values(side);
    const condition = new Map<string, readonly string[]>();
    for (const side of ["source", "destination"] as const)
      if (addresses(side).length > 0) condition.set(`${side} address`, addresses(side));
    if (values("inbound-interface").length > 0) condition.set("inbound-interface", values("inbound-interface"));
    const [table] = values("set", "table");
    const mark = parseMark(values("fwmark")[0] ?? "");
    const known = ["source", "destination", "inbound-interface", "set", "fwmark"];
    const strange = [...rule.children.keys()].filter((name) => !known.includes(name));
    if (table === undefined || strange.length > 0) {
      leave(
        findings,
        at,
        table === undefined ? "no table is set" : `${strange.join(", ")}: no counterpart in a rule of policy-route`,
      );
      continue;
    }
    const found: FoundRule = {
      at,
      family,
      preference: Number(number),
      condition,
      does: { table },
      ...(mark === undefined ? {} : { mark }),
    };
    findings.rules.push(found);
  }
}
