import { FAMILIES, type Family } from "../net/address.ts";
import { decide } from "./decide.ts";
import { exemptOfTables } from "./extra-routes.ts";
import { findExempt } from "./find-exempt.ts";
import { findInbound } from "./find-inbound.ts";
import { type FoundUplinks, findUplinks, tableId } from "./find-uplinks.ts";
import type { Decision, Findings, FoundRule, KnownLink } from "./findings.ts";
import { finishUplinks } from "./finish-uplinks.ts";
import { type Imported, type ImportedRule, keyOf } from "./imported.ts";
import { answersOf } from "./source-ports.ts";
import { takeSourceRules } from "./source-rules.ts";
import { orderedRules, type Steering, steer, takesMark } from "./steer.ts";
import { interleave, tidy } from "./tidy-rules.ts";

/** What all that was found means together. `ofMachine`: interfaces of the machine that asks, for what a text leaves out. */
export function meaningOf(findings: Findings, ofMachine: readonly KnownLink[]): Imported {
  const links = [...findings.links, ...ofMachine];
  const uplinks = findUplinks(findings, links, steeredTables(findings));
  const rules = { ipv4: orderedRules(findings, "ipv4"), ipv6: orderedRules(findings, "ipv6") };
  const answering = new Set<string>();
  const left = {
    ipv4: takeSourceRules(findings, uplinks, links, rules.ipv4, answering),
    ipv6: takeSourceRules(findings, uplinks, links, rules.ipv6, answering),
  };
  const decisions = (chain: string) => ({ ipv4: decide(findings, "ipv4", chain), ipv6: decide(findings, "ipv6", chain) });
  const prerouting = decisions("PREROUTING");
  const output = decisions("OUTPUT");
  const input = decisions("INPUT");
  const inbound: Record<Family, Steering[]> = { ipv4: [], ipv6: [] };
  const tracked = new Set<string>();
  const lists = { forwarded: { ...inbound }, local: { ...inbound } };
  for (const family of FAMILIES) {
    const found = findInbound(
      findings,
      uplinks,
      family,
      { prerouting: prerouting[family], input: input[family] },
      rules[family],
      tracked,
    );
    inbound[family] = found.inbound;
    const forwarded = [...findings.policies[family], ...found.forwarded];
    const local = withoutOwnAddress(findings, uplinks, output[family], rules[family], answering);
    lists.forwarded[family] = tidy(steer(findings, uplinks, forwarded, forTraffic(left[family], "forwarded")));
    lists.local[family] = tidy(steer(findings, uplinks, local, forTraffic(left[family], "local")));
  }
  const { exempt, forwarded, local } = findExempt(bothFamilies(lists.forwarded), bothFamilies(lists.local));
  const steering = interleave(
    forwarded.map((one) => asRule(findings, one, "forwarded")),
    local.map((one) => asRule(findings, one, "local")),
    (rule) => `${keyOf(rule)} ${rule.log}`,
    (one) => ({ ...one, traffic: "all" as const }),
  );
  const answers = bothFamilies(inbound).map((one) => asRule(findings, one, "inbound"));
  const all = [...answers, ...answersOf(findings, steering)];
  finishUplinks(findings, uplinks, all, tracked, answering);
  const ofTables = exemptOfTables(findings, uplinks);
  return { uplinks: [...uplinks.uplinks.values()], groups: uplinks.groups, exempt: [...ofTables, ...exempt], rules: all };
}

/** Tables that an ip rule or a policy leads to. */
function steeredTables(findings: Findings): string[] {
  const named = [
    ...findings.rules.flatMap(({ does }) => ("table" in does ? [does.table] : [])),
    ...FAMILIES.flatMap((family) => findings.policies[family].flatMap(({ table }) => (table === undefined ? [] : [table]))),
  ];
  return [...new Set(named.map((table) => tableId(findings, table)))];
}

/** The rules that can take this traffic. */
function forTraffic(rules: readonly FoundRule[], traffic: "forwarded" | "local"): FoundRule[] {
  return rules.flatMap((rule) => {
    const isLocal = rule.condition.get("traffic") !== undefined || rule.condition.has("user");
    if (traffic === "forwarded" ? isLocal : rule.condition.has("inbound-interface")) return [];
    return [{ ...rule, condition: new Map([...rule.condition].filter(([path]) => path !== "traffic")) }];
  });
}

/** A mark for what the router sends from an uplink's own address is `source-rule`. */
function withoutOwnAddress(
  findings: Findings,
  { uplinks, ways }: FoundUplinks,
  decisions: readonly Decision[],
  rules: readonly FoundRule[],
  answering: Set<string>,
): Decision[] {
  const isOwn = ({ condition, mark }: Decision): boolean => {
    const device = condition.get("source interface-address")?.[0];
    if (device === undefined || condition.size > 1 || mark === 0) return false;
    const rule = rules.find((one) => one.mark !== undefined && takesMark(one, mark));
    const way = rule !== undefined && "table" in rule.does ? ways.get(tableId(findings, rule.does.table)) : undefined;
    const name = way?.kind === "uplink" ? way.name : undefined;
    if (name === undefined || uplinks.get(name)?.leaves.get("interface") !== device) return false;
    answering.add(name);
    return true;
  };
  return decisions.filter((decision) => !isOwn(decision));
}

type ByFamily = Readonly<Record<Family, readonly Steering[]>>;

/** What both families have is for both; the rest says its family, unless an address in it does. */
function bothFamilies({ ipv4, ipv6 }: ByFamily): Steering[] {
  const only =
    (family: Family) =>
    (one: Steering): Steering =>
      [...one.condition.keys()].some((path) => path.endsWith(" address") || path.startsWith("icmp") || path === "family") ||
      /^(icmp|icmpv6)$/.test(one.condition.get("protocol")?.[0] ?? "")
        ? one
        : { ...one, condition: new Map([["family", [family]], ...one.condition]) };
  const shared = interleave<Steering & { readonly of?: Family }>(
    ipv4.map((one) => ({ ...one, of: "ipv4" })),
    ipv6.map((one) => ({ ...one, of: "ipv6" })),
    keyOf,
    ({ of: _, ...one }) => one,
  );
  return shared.map(({ of, ...one }) => (of === undefined ? one : only(of)(one)));
}

function asRule(
  findings: Findings,
  { at, condition, way, mark, log, description }: Steering,
  traffic: ImportedRule["traffic"],
): ImportedRule {
  const isLogged = log === true || (mark !== 0 && findings.logged.some(({ value, mask }) => (mark & mask) >>> 0 === value));
  return {
    at,
    traffic,
    condition,
    way,
    ...(isLogged ? { log: true } : {}),
    ...(description === undefined ? {} : { description }),
  };
}
