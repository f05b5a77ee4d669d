import type { Family } from "../net/address.ts";
import type { ForeignRule } from "../net/foreign-marks.ts";
import { type Fwmark, formatFwmark, hex32 } from "../net/fwmark.ts";
import type { IpRule, Route, RouteType } from "./kernel-state.ts";
import { PROTOCOL } from "./ownership.ts";

/** Metric the kernel gives an IPv6 route that names none (IP6_RT_PRIO_USER); IPv4 gives 0. */
const IMPLICIT_METRIC = { ipv4: 0, ipv6: 1024 } as const;

/** RTN_* numbers of rtnetlink(7), as `ip -N -d -j route` prints them. */
const ROUTE_TYPES: Readonly<Record<string, RouteType>> = {
  "1": "unicast",
  "6": "blackhole",
  "7": "unreachable",
  "8": "prohibit",
  "9": "throw",
};

export function implicitMetric(family: Family): number {
  return IMPLICIT_METRIC[family];
}

/** Words after `ip rule add|del` (or in a batch line `rule add ...`). Deleting by all of them hits exactly this rule. */
export function renderIpRule(rule: IpRule): string {
  const words = [`pref ${rule.preference}`];
  if (rule.from !== undefined) words.push(`from ${rule.from}`);
  if (rule.iif !== undefined) words.push(`iif ${rule.iif}`);
  if (rule.oif !== undefined) words.push(`oif ${rule.oif}`);
  if (rule.uidrange !== undefined) words.push(`uidrange ${rule.uidrange.first}-${rule.uidrange.last}`);
  if (rule.fwmark !== undefined) words.push(`fwmark ${hex32(rule.fwmark.value)}/${hex32(rule.fwmark.mask)}`);
  if (rule.action === "nop") words.push("nop");
  else if ("goto" in rule.action) words.push(`goto ${rule.action.goto}`);
  else words.push(`lookup ${rule.action.lookup}`);
  words.push(`protocol ${PROTOCOL}`);
  return words.join(" ");
}

/** Words after `ip route add|replace|del`. */
export function renderRoute(route: Route): string {
  const words: string[] = [];
  if (route.type !== "unicast") words.push(route.type);
  words.push(route.prefix);
  if (route.gateway !== undefined) words.push(`via ${route.gateway}`);
  if (route.device !== undefined) words.push(`dev ${route.device}`);
  if (route.source !== undefined) words.push(`src ${route.source}`);
  if (route.metric !== IMPLICIT_METRIC[route.family]) words.push(`metric ${route.metric}`);
  if (route.onlink === true) words.push("onlink");
  words.push(`table ${route.table}`, `proto ${PROTOCOL}`);
  return words.join(" ");
}

/** What makes two routes rivals for one place in the kernel: `replace` of one replaces the other. */
export function routeKey(route: Route): string {
  return `${route.family} ${route.table} ${route.prefix} ${route.metric}`;
}

interface RuleJson {
  priority?: number;
  not?: null;
  src?: string;
  srclen?: number;
  dst?: string;
  dstlen?: number;
  iif?: string;
  oif?: string;
  fwmark?: string;
  fwmask?: string;
  uid_start?: number;
  uid_end?: number;
  suppress_prefixlen?: number;
  table?: string;
  l3mdev?: null;
  goto?: number;
  nop?: null;
  protocol?: string;
}

/**
 * Our rules out of `ip -N -j rule` (iproute2 6.1: numbers as text, fwmark as hex text), told by protocol 157 at whatever
 * preference: after `rule-priority` changed, the old band still has to be found.
 */
export function parseIpRules(json: readonly unknown[], family: Family): IpRule[] {
  const rules: IpRule[] = [];
  for (const entry of json as readonly RuleJson[]) {
    if (entry.protocol !== String(PROTOCOL) || entry.priority === undefined) continue;
    const action =
      "nop" in entry ? ("nop" as const) : entry.goto !== undefined ? { goto: entry.goto } : { lookup: Number(entry.table) };
    const from = entry.src === "all" ? undefined : entry.src;
    rules.push({
      family,
      preference: entry.priority,
      ...(from === undefined ? {} : { from: entry.srclen === undefined ? from : `${from}/${entry.srclen}` }),
      ...(entry.iif === undefined ? {} : { iif: entry.iif }),
      ...(entry.oif === undefined ? {} : { oif: entry.oif }),
      ...(entry.uid_start === undefined || entry.uid_end === undefined
        ? {}
        : { uidrange: { first: entry.uid_start, last: entry.uid_end } }),
      ...(entry.fwmark === undefined ? {} : { fwmark: fwmarkOf(entry.fwmark, entry.fwmask) }),
      action,
    });
  }
  return rules;
}

/** The three rules every kernel starts with, wherever they were moved: to the tables local, main and default, for everything. */
const KERNEL_TABLES = ["253", "254", "255"];

/** The rules out of `ip -N -j rule` that are neither ours nor the kernel's own. */
export function parseForeignRules(json: readonly unknown[], family: Family): ForeignRule[] {
  return (json as readonly RuleJson[]).flatMap((entry): ForeignRule[] => {
    if (entry.protocol === String(PROTOCOL) || entry.priority === undefined) return [];
    const words = ruleWords(entry);
    if (words.length === 1 && KERNEL_TABLES.includes(entry.table ?? "")) return [];
    return [
      {
        family,
        preference: entry.priority,
        negated: "not" in entry,
        ...(entry.fwmark === undefined ? {} : { fwmark: fwmarkOf(entry.fwmark, entry.fwmask) }),
        ...(entry.table === undefined ? {} : { table: Number(entry.table) }),
        l3mdev: "l3mdev" in entry,
        text: `${entry.priority}: ${words.join(" ")}`,
      },
    ];
  });
}

function fwmarkOf(value: string, mask: string | undefined): Fwmark {
  return { value: Number(value), mask: Number(mask ?? 0xffffffff) };
}

/** What a rule matches, and where it leads. */
function ruleWords(entry: RuleJson): string[] {
  const network = (address: string | undefined, length: number | undefined) =>
    length === undefined ? address : `${address}/${length}`;
  return [
    ...("not" in entry ? ["not"] : []),
    ...(entry.src === undefined || entry.src === "all" ? [] : [`from ${network(entry.src, entry.srclen)}`]),
    ...(entry.dst === undefined ? [] : [`to ${network(entry.dst, entry.dstlen)}`]),
    ...(entry.iif === undefined ? [] : [`iif ${entry.iif}`]),
    ...(entry.oif === undefined ? [] : [`oif ${entry.oif}`]),
    ...(entry.fwmark === undefined ? [] : [`fwmark ${formatFwmark(fwmarkOf(entry.fwmark, entry.fwmask))}`]),
    ...(entry.uid_start === undefined ? [] : [`uidrange ${entry.uid_start}-${entry.uid_end}`]),
    "l3mdev" in entry
      ? "lookup [l3mdev-table]"
      : entry.goto !== undefined
        ? `goto ${entry.goto}`
        : entry.table === undefined
          ? "no table"
          : `lookup ${entry.table}`,
    ...(entry.suppress_prefixlen === undefined ? [] : [`suppress_prefixlength ${entry.suppress_prefixlen}`]),
  ];
}

/** What a rule that takes every packet may say besides its place and its action (`ip -N -d -j rule`). */
const UNCONDITIONAL = new Set(["priority", "not", "src", "fwmark", "fwmask", "table", "suppress_prefixlen", "protocol"]);

/** Preferences of rules of others that take every packet, but for those with a mark of theirs (`not fwmark`). */
export function parseCatchAlls(json: readonly unknown[]): number[] {
  return (json as readonly RuleJson[]).flatMap((rule) => {
    const foreign = rule.protocol !== String(PROTOCOL) && rule.priority !== undefined && rule.table !== undefined;
    const all = rule.src === "all" && Object.keys(rule).every((key) => UNCONDITIONAL.has(key));
    return foreign && all && (rule.fwmark !== undefined) === "not" in rule ? [rule.priority ?? 0] : [];
  });
}

interface RouteJson {
  type?: string;
  dst?: string;
  gateway?: string;
  dev?: string;
  prefsrc?: string;
  metric?: number;
  protocol?: string;
  flags?: string[];
}

/** Our routes out of one table's `ip -N -d -j route show table N`. */
export function parseRoutes(json: readonly unknown[], family: Family, table: number): Route[] {
  const routes: Route[] = [];
  for (const entry of json as readonly RouteJson[]) {
    const type = ROUTE_TYPES[entry.type ?? "1"];
    if (entry.protocol !== String(PROTOCOL) || entry.dst === undefined || type === undefined) continue;
    // IPv6 prints `dev lo` for routes that have no device.
    const unicast = type === "unicast";
    routes.push({
      family,
      table,
      type,
      prefix: entry.dst,
      metric: entry.metric ?? 0,
      ...(unicast && entry.gateway !== undefined ? { gateway: entry.gateway } : {}),
      ...(unicast && entry.dev !== undefined ? { device: entry.dev } : {}),
      ...(unicast && entry.prefsrc !== undefined ? { source: entry.prefsrc } : {}),
      ...(unicast && entry.flags?.includes("onlink") ? { onlink: true } : {}),
    });
  }
  return routes;
}
