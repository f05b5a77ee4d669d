import { canonicalAddress, type Family, familyOf, formatPrefix, parsePrefix } from "../net/address.ts";
import type { Condition } from "./condition.ts";
import { type Findings, type FoundRoute, type FoundRule, leave, type NextHop, type Place } from "./findings.ts";
import { type Masked, parseMark } from "./number-words.ts";
import { hasSymbol, readable, symbolOf } from "./symbol.ts";

const ROUTE_TYPES = ["unicast", "throw", "prohibit", "unreachable", "blackhole"] as const;
const REFUSALS = ["prohibit", "unreachable", "blackhole"] as const;

function shortFor(word: string, ...full: readonly string[]): boolean {
  return full.some((candidate) => word.length > 0 && candidate.startsWith(word));
}

/** Reads the words after `ip`. `listed`: the table whose routes are printed next, when it is such a command. */
export function readIpCommand(findings: Findings, at: Place, words: readonly string[]): { readonly listed?: string } {
  let family: Family | undefined;
  const rest = [...words];
  while (rest[0]?.startsWith("-") === true) {
    const option = rest.shift() ?? "";
    if (option === "-6") family = "ipv6";
    if (option === "-f" || option === "-family") family = rest.shift() === "inet6" ? "ipv6" : "ipv4";
  }
  const [object = "", verb = "show", ...more] = rest;
  if (shortFor(object, "rule") && object !== "r" && object !== "ro") {
    if (shortFor(verb, "add")) addRule(findings, at, family, more);
    else if (shortFor(verb, "delete")) takeBackRule(findings, at, family, more);
  } else if (shortFor(object, "route") || object === "ro") {
    if (["add", "append", "replace", "prepend"].some((full) => verb.length > 1 && full.startsWith(verb)) || verb === "a")
      addRoute(findings, at, family, more);
    else if (shortFor(verb, "delete") || shortFor(verb, "flush")) {
      if (more[0] !== "cache") leave(findings, at, "takes away what was there before; a commit needs no such thing");
    } else if (shortFor(verb, "show", "list", "ls")) {
      const table = more[more.indexOf("table") + 1];
      if (more.includes("table") && table !== undefined && table !== "all") return { listed: table };
    }
  }
  return {};
}

/** A line of `ip rule`: `1000: from all fwmark 0x1 lookup eth1_table`. */
export function readRuleLine(findings: Findings, at: Place, line: string, family: Family | undefined): void {
  const [, preference = "", text = ""] = /^\s*(\d+):\s+(.*)$/.exec(line) ?? [];
  const words = text.trim().split(/\s+/);
  const lookup = words[words.indexOf("lookup") + 1];
  const isKernels = ["0 local", "32766 main", "32767 default"].includes(`${preference} ${lookup ?? ""}`);
  if (!isKernels) addRule(findings, at, family, ["pref", preference, ...words]);
}

function addRule(findings: Findings, at: Place, family: Family | undefined, words: readonly string[]): void {
  const read = readRule(words, family);
  if (typeof read === "string") {
    leave(findings, at, read);
    return;
  }
  const key = (rule: Omit<FoundRule, "at" | "preference">): string =>
    JSON.stringify([rule.family, [...rule.condition], rule.mark, rule.does]);
  // The same rule is printed again by what a document shows of `ip rule`.
  const known = findings.rules.findIndex((rule) => key(rule) === key(read));
  const preferred = findings.rules[known];
  if (preferred === undefined) findings.rules.push({ at, ...read });
  else if (preferred.preference === undefined) findings.rules[known] = { ...preferred, ...read, at: preferred.at };
}

function takeBackRule(findings: Findings, at: Place, family: Family | undefined, words: readonly string[]): void {
  const read = readRule(words, family);
  const index =
    typeof read === "string"
      ? -1
      : findings.rules.findIndex(
          (rule) =>
            JSON.stringify([[...rule.condition], rule.mark, rule.does]) ===
            JSON.stringify([[...read.condition], read.mark, read.does]),
        );
  if (index >= 0 && (typeof read === "string" || !hasUnknown(read.condition))) findings.rules.splice(index, 1);
  else leave(findings, at, "takes back what was there before; a commit needs no such thing");
}

function hasUnknown(condition: Condition): boolean {
  return condition.has(OWN_ADDRESS);
}

/** Path of a condition that is no leaf: the source is an address that only the script knows, in practice one of the router. */
export const OWN_ADDRESS = "own address";

type RuleRead = Omit<FoundRule, "at">;

/** The rule of the words after `ip rule add`, or why it cannot be taken. */
function readRule(words: readonly string[], given: Family | undefined): RuleRead | string {
  const condition = new Map<string, readonly string[]>();
  let family: Family = given ?? "ipv4";
  let preference: number | undefined;
  let mark: Masked | undefined;
  let does: FoundRule["does"] | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const value = (): string => words[++i] ?? "";
    if (word === "from" || word === "to") {
      const side = word === "from" ? "source" : "destination";
      const text = value();
      const symbol = symbolOf(text);
      if (text === "all" || text === "any" || text === "default") continue;
      if (symbol?.kind === "network" || symbol?.kind === "address")
        condition.set(`${side} interface-${symbol.kind}`, [symbol.device]);
      else if (symbol !== undefined && word === "from") condition.set(OWN_ADDRESS, [readable(text)]);
      else {
        const prefix = parsePrefix(text);
        if (prefix === undefined)
          return `${word} ${readable(text)}: ${hasSymbol(text) ? "known only when the script runs" : "is no network"}`;
        if (given === undefined) family = prefix.family;
        if (prefix.length > 0) condition.set(`${side} address`, [formatPrefix(prefix)]);
      }
    } else if (word === "iif" || word === "dev") {
      const device = value();
      condition.set(device === "lo" ? "traffic" : "inbound-interface", [device === "lo" ? "local" : device]);
    } else if (["pref", "preference", "priority", "prio", "pri", "order"].includes(word)) preference = Number(value());
    else if (word === "fwmark") {
      const text = value();
      mark = parseMark(text);
      if (mark === undefined)
        return `fwmark ${readable(text)} is ${hasSymbol(text) ? "known only when the script runs" : "no mark"}`;
    } else if (word === "lookup" || word === "table") does = { table: value() };
    else if ((REFUSALS as readonly string[]).includes(word)) does = { refuse: word as (typeof REFUSALS)[number] };
    else if (word === "uidrange") {
      const [first = "", last = first] = value().split("-");
      condition.set("user", [first === last ? first : `${first}-${last}`]);
    } else if (word === "ipproto") condition.set("protocol", [value().replace("ipv6-icmp", "icmpv6")]);
    else if (word === "sport" || word === "dport")
      condition.set(`${word === "sport" ? "source" : "destination"} port`, [value()]);
    else if (word === "proto" || word === "protocol") value();
    else if (word === "tos" || word === "dsfield") {
      const tos = Number(value());
      if (!(tos > 0 && tos < 256)) return `tos ${words[i]} is no number`;
      condition.set("tos", [String(tos)]);
    } else if (word === "not") return "policy-route has no rule for everything but what matches";
    else if (word === "suppress_prefixlength" || word === "suppress_prefixlen")
      return `main without its default first: "exempt connected" (on by default) does that for connected networks, "exempt destination" for others you name`;
    else return `"${readable(word)}" has no counterpart in a rule of policy-route`;
  }
  if (does === undefined) return "no table is named";
  return {
    family,
    ...(preference === undefined ? {} : { preference }),
    condition,
    ...(mark === undefined ? {} : { mark }),
    does,
  };
}

/** A line that `ip route` prints; its table when the line does not say. */
export function readRouteLine(
  findings: Findings,
  at: Place,
  line: string,
  table: string | undefined,
  family: Family | undefined,
): void {
  const words = line.trim().split(/\s+/);
  addRoute(findings, at, family, words.includes("table") || table === undefined ? words : [...words, "table", table], true);
}

const FLAGS = ["linkdown", "dead", "pervasive", "offload", "notify", "rt_offload", "trap"];
const WITH_VALUE = [
  "proto",
  "protocol",
  "scope",
  "mtu",
  "advmss",
  "initcwnd",
  "initrwnd",
  "pref",
  "expires",
  "error",
  "hoplimit",
  "realm",
  "lock",
];

function addRoute(findings: Findings, at: Place, given: Family | undefined, words: readonly string[], listed = false): void {
  let family = given;
  let type: FoundRoute["type"] = "unicast";
  let prefix = "";
  let table = "main";
  let source: string | undefined;
  let metric = 0;
  let onlink = false;
  let strange: string | undefined;
  const hops: { gateway?: string; device?: string; weight?: number }[] = [{}];
  const hop = (): { gateway?: string; device?: string; weight?: number } => hops.at(-1) ?? {};
  const KEYWORDS = ["via", "dev", "src", "table", "metric", "proto", "scope", "nexthop", "onlink"];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    // A page may have lost what stood after a word: "via dev eth1".
    const value = (): string | undefined => (KEYWORDS.includes(words[i + 1] ?? "via") ? undefined : words[++i]);
    if (word === "via") {
      const next = value();
      const address = next === "inet6" || next === "inet" ? value() : next;
      if (address === undefined) strange = 'the gateway after "via" is missing';
      else hop().gateway = canonicalAddress(address) ?? address;
    } else if (word === "dev") {
      const device = value();
      if (device !== undefined) hop().device = device;
    } else if (word === "src") source = value();
    else if (word === "table") table = value() ?? "main";
    else if (["metric", "preference", "priority"].includes(word)) metric = Number(value() ?? 0);
    else if (word === "onlink") onlink = true;
    else if (word === "weight") hop().weight = Number(value() ?? 1);
    else if (word === "nexthop") {
      if (Object.keys(hop()).length > 0) hops.push({});
    } else if (word === "equalize" || FLAGS.includes(word)) continue;
    else if (WITH_VALUE.includes(word)) value();
    else if ((ROUTE_TYPES as readonly string[]).includes(word)) type = word as FoundRoute["type"];
    else if (["local", "broadcast", "multicast", "anycast", "nat"].includes(word)) return;
    else if (word === "to") continue;
    else if (prefix === "") prefix = word;
    else {
      // Prose that begins like a route.
      if (listed) return;
      strange ??= `"${readable(word)}" is not understood`;
    }
  }
  if (prefix === "" && hops.some((one) => one.gateway !== undefined || one.device !== undefined || strange !== undefined))
    prefix = "default";
  if (prefix === "") return;
  if (strange !== undefined) leave(findings, at, strange);
  const network = prefix === "default" ? undefined : parsePrefix(prefix);
  family ??= network?.family ?? familyOf(hops[0]?.gateway ?? "") ?? "ipv4";
  const isDefault = prefix === "default" || network?.length === 0;
  if (table === "main" || table === "254" || table === "local" || table === "255") {
    if (!listed) leave(findings, at, "a route of the main table: the router's own (protocols static)");
    return;
  }
  const used: NextHop[] = hops.filter((one) => Object.keys(one).length > 0);
  findings.routes.push({
    at,
    family,
    table,
    type,
    prefix: isDefault ? "default" : network === undefined ? prefix : formatPrefix(network),
    hops: used,
    ...(source === undefined ? {} : { source }),
    metric,
    onlink,
    incomplete: strange !== undefined,
  });
}
