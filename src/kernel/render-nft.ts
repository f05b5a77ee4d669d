import type { Family } from "../net/address.ts";
import { type Fwmark, hex32 } from "../net/fwmark.ts";
import { hashText } from "./hash.ts";
import type { NftChainText, NftTableText, RuleLine } from "./kernel-objects.ts";
import type { NftTable } from "./kernel-state.ts";
import { renderNftSet } from "./nft-set.ts";
import { ruleComment } from "./ownership.ts";
import type { Action, BaseHook, Match, NftChain, PortRange, Rule, Side } from "./rule.ts";

const SHORT = { source: "s", destination: "d" } as const;
const KEYWORD = { ipv4: "ip", ipv6: "ip6" } as const;

/**
 * Our tables as nft input (nft 1.0; what older ones lack is found out by try-nft.ts before anything is asked of them). A rule
 * that both families share has no addresses in it, and is rendered once.
 */
export function renderNftTables(tables: readonly NftTable[]): NftTableText[] {
  const rendered = new Map<string, Map<Rule, RuleLine>>();
  return tables.map(({ family, chains, sets }) => ({
    family,
    chains: chains.map((chain) => {
      const known = rendered.get(chain.name) ?? new Map<Rule, RuleLine>();
      rendered.set(chain.name, known);
      return renderNftChain(family, chain, known);
    }),
    sets: sets.map(renderNftSet),
    strange: false,
  }));
}

function renderNftChain(family: Family, { name, base, rules }: NftChain, known: Map<Rule, RuleLine>): NftChainText {
  const lines = rules.map((rule) => {
    const line = known.get(rule) ?? renderNftRule(family, name, rule);
    known.set(rule, line);
    return line;
  });
  return { name, base: base === undefined ? "" : renderBase(base), lines };
}

/** As `nft -n list` prints it: the priority as a number. */
function renderBase({ type, hook, priority }: BaseHook): string {
  return `type ${type} hook ${hook} priority ${priority}; policy accept;`;
}

/** `matches counter action comment "policy-route:HASH note"`. The hash covers everything but itself. */
export function renderNftRule(family: Family, chain: string, rule: Rule): RuleLine {
  const words = [...rule.matches.map((match) => renderMatch(match, family)), "counter", renderAction(rule.action)].join(" ");
  const hash = hashText(`${chain} ${words} ${rule.note ?? ""}`);
  return { hash, text: `${words} comment "${ruleComment(hash, rule.note)}"` };
}

/** One condition. A connection that is not tracked has no mark, direction, state or label: such conditions are not met, negated or not. */
function renderMatch(match: Match, family: Family): string {
  switch (match.match) {
    case "in-interface":
      return `iifname ${not(match.negate)}"${match.name}${match.wildcard ? "*" : ""}"`;
    case "out-interface":
      return `oifname ${not(match.negate)}"${match.name}"`;
    case "protocol":
      return `meta l4proto ${not(match.negate)}${match.protocol}`;
    case "prefix":
      return `${address(family, match.side)} ${not(match.negate)}${match.prefix}`;
    case "range":
      return `${address(family, match.side)} ${not(match.negate)}${match.first === match.last ? match.first : `${match.first}-${match.last}`}`;
    case "ports":
      return `${port(match.side)} ${not(match.negate)}${renderPorts(match.ranges)}`;
    case "set":
      return `${setKey(family, match.dimensions)} ${not(match.negate)}@${match.name}`;
    case "mac":
      return `ether saddr ${not(match.negate)}${match.address}`;
    case "owner":
      return `meta ${match.who === "user" ? "skuid" : "skgid"} ${match.first === match.last ? match.first : `${match.first}-${match.last}`}`;
    case "state":
      return `ct state ${match.states.join(",")}`;
    case "dscp":
      return `${KEYWORD[family]} dscp ${not(match.negate)}${match.value}`;
    case "tos":
      // nft has no word for the whole byte.
      return `${KEYWORD[family]} dscp ${match.value >> 2} ${KEYWORD[family]} ecn ${match.value & 3}`;
    case "icmp":
      return renderIcmp(match.version === 4 ? "icmp" : "icmpv6", match.type, match.code);
    case "tcp-flags":
      return `tcp flags & (${flags([...match.set, ...match.unset])}) == ${match.set.length === 0 ? "0x0" : flags(match.set)}`;
    case "length":
      return `meta length ${match.first === match.last ? match.first : `${match.first}-${match.last}`}`;
    case "time":
      return renderTime(match);
    case "limit":
      return `limit rate ${match.count}/${match.unit} burst ${match.burst} packets`;
    case "fwmark":
      return `meta mark ${maskedTest(match.mark, match.negate)}`;
    case "connmark":
      return `ct mark ${maskedTest(match.mark, match.negate)}`;
    case "direction":
      return `ct direction ${match.direction}`;
    case "confirmed":
      return `ct status and confirmed ${match.negate ? "!=" : "=="} confirmed`;
    case "local-address":
      return `fib ${SHORT[match.side]}addr type local`;
    case "ipsec":
      return `${match.way === "in" ? "meta secpath" : "rt ipsec"} ${match.negate ? "missing" : "exists"}`;
    case "chance":
      return `numgen random mod ${match.of} < ${match.part}`;
    case "label":
      return `ct label ${match.label}`;
  }
}

/**
 * Numbers are taken as they are; nft would convert a text with the offset that its time zone has at that moment. The kernel counts nanoseconds
 * from the epoch and seconds of the day in UTC. All of the last second is included, as with iptables.
 */
function renderTime({ from, until, hours, weekdays, monthdays }: Extract<Match, { match: "time" }>): string {
  if ((weekdays ?? monthdays) !== undefined) throw new Error("Bug: days are for iptables only");
  return [
    ...(from === undefined ? [] : [`meta time >= ${from}`]),
    ...(until === undefined ? [] : [`meta time < ${until + 1}`]),
    ...(hours === undefined ? [] : [renderHours(hours)]),
  ].join(" ");
}

/** One that goes past midnight is everything but what lies between its end and its beginning. */
function renderHours({ first, last }: { readonly first: number; readonly last: number }): string {
  if (first < last) return `meta hour ${first}-${last}`;
  const [from, to] = [last + 1, first - 1];
  return `meta hour != ${from === to ? from : `${from}-${to}`}`;
}

function flags(names: readonly string[]): string {
  return names.join(" | ").toLowerCase();
}

function renderIcmp(keyword: string, type: number, code: number | undefined): string {
  return `${keyword} type ${type}${code === undefined ? "" : ` ${keyword} code ${code}`}`;
}

function address(family: Family, side: Side): string {
  return `${KEYWORD[family]} ${SHORT[side]}addr`;
}

function port(side: Side): string {
  return `th ${SHORT[side]}port`;
}

function renderPorts(ranges: readonly PortRange[]): string {
  const texts = ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return texts.length === 1 ? `${texts[0]}` : `{ ${texts.join(", ")} }`;
}

/** A set of networks and ports holds the protocol between them, as ipset does. */
function setKey(family: Family, [net = "destination", ...ports]: readonly Side[]): string {
  return [address(family, net), ...ports.flatMap((side) => ["meta l4proto", port(side)])].join(" . ");
}

function maskedTest({ value, mask }: Fwmark, negate: boolean): string {
  return `and ${hex32(mask)} ${negate ? "!=" : "=="} ${hex32(value)}`;
}

function not(negate: boolean): string {
  return negate ? "!= " : "";
}

function renderAction(action: Action): string {
  switch (action.action) {
    case "accept":
    case "return":
    case "drop":
    case "masquerade":
      return action.action;
    case "track":
      // With a template of zone 0 attached, a later notrack has no effect (platform/wan-load-balancing.md, i).
      return "ct zone set 0";
    case "jump":
    case "goto":
      return `${action.action} ${action.chain}`;
    case "set-mark":
      return `meta mark set ${masked("meta mark", action.mark)}`;
    case "set-connmark":
      return `ct mark set ${masked("ct mark", action.mark)}`;
    case "snat":
      return `snat to ${action.address}`;
    case "log":
      return `log prefix "${action.prefix}"`;
    case "goto-by-connmark":
      return `ct mark and ${hex32(action.mask)} vmap { ${[...action.chains].map(([value, chain]) => `${hex32(value)} : goto ${chain}`).join(", ")} }`;
    case "set-label":
      return `ct label set ${action.label}`;
    case "restore-mark":
      // Until Linux 6.13 an nft rule cannot put one register's bits into another: foreign bits of the packet mark would be lost.
      throw new Error("Bug: restore-mark is for iptables only");
  }
}

/** The mark as it was but for the bits of the mask. */
function masked(what: string, { value, mask }: Fwmark): string {
  const kept = `${what} and ${hex32(~mask)}`;
  return value === 0 ? kept : `${kept} or ${hex32(value)}`;
}
