import { formatFwmark, hex32 } from "../net/fwmark.ts";
import { utcText } from "../net/utc-text.ts";
import { hashText } from "./hash.ts";
import type { Jump, RuleLine } from "./kernel-objects.ts";
import { JUMP_COMMENT, ruleComment } from "./ownership.ts";
import type { Action, Hook, Match, PortRange, Rule, Side } from "./rule.ts";

const TCP = 6;
const UDP = 17;
const SHORT = { source: "src", destination: "dst" } as const;

/**
 * One condition as iptables arguments (iptables 1.8; nft and legacy read the same text). `protocol` is the number the rule
 * asks for, if any.
 */
function renderMatch(match: Match, protocol: number | undefined): string {
  switch (match.match) {
    case "in-interface":
      return `${not(match.negate)}-i ${match.name}${match.wildcard ? "+" : ""}`;
    case "out-interface":
      return `${not(match.negate)}-o ${match.name}`;
    case "protocol":
      return `${not(match.negate)}-p ${match.protocol}`;
    case "prefix":
      return `${not(match.negate)}${match.side === "source" ? "-s" : "-d"} ${match.prefix}`;
    case "range":
      return `-m iprange ${not(match.negate)}--${SHORT[match.side]}-range ${match.first}-${match.last}`;
    case "ports":
      return renderPorts(match.side, match.ranges, match.negate, protocol);
    case "set":
      return `-m set ${not(match.negate)}--match-set ${match.name} ${match.dimensions.map((side) => SHORT[side]).join(",")}`;
    case "mac":
      return `-m mac ${not(match.negate)}--mac-source ${match.address}`;
    case "owner":
      return `-m owner --${match.who === "user" ? "uid" : "gid"}-owner ${match.first === match.last ? match.first : `${match.first}-${match.last}`}`;
    case "state":
      return `-m conntrack --ctstate ${match.states.join(",").toUpperCase()}`;
    case "dscp":
      return `-m dscp ${not(match.negate)}--dscp ${match.value}`;
    case "tos":
      // Without the mask a name's would be assumed for some values.
      return `-m tos --tos ${match.value}/0xff`;
    case "icmp":
      return `${match.version === 4 ? "-m icmp --icmp-type" : "-m icmp6 --icmpv6-type"} ${match.type}${match.code === undefined ? "" : `/${match.code}`}`;
    case "tcp-flags":
      return `-m tcp --tcp-flags ${[...match.set, ...match.unset].join(",")} ${match.set.length === 0 ? "NONE" : match.set.join(",")}`;
    case "length":
      return `-m length --length ${match.first}:${match.last}`;
    case "time":
      return renderTime(match);
    case "limit": {
      // Without a mode one bucket for all; forgotten only when it is full again anyway.
      const { name, count, unit, burst, full } = match;
      return `-m hashlimit --hashlimit-upto ${count}/${unit} --hashlimit-burst ${burst} --hashlimit-name ${name} --hashlimit-htable-expire ${(full + 1) * 1000}`;
    }
    case "fwmark":
      return `-m mark ${not(match.negate)}--mark ${formatFwmark(match.mark)}`;
    case "connmark":
      return `-m connmark ${not(match.negate)}--mark ${formatFwmark(match.mark)}`;
    case "direction":
      return `-m conntrack --ctdir ${match.direction.toUpperCase()}`;
    case "confirmed":
      return `-m conntrack ${not(match.negate)}--ctstatus CONFIRMED`;
    case "local-address":
      return `-m addrtype --${SHORT[match.side]}-type LOCAL`;
    case "ipsec":
      return `-m policy --dir ${match.way} --pol ${match.negate ? "none" : "ipsec"}`;
    case "chance":
      // As iptables-save prints it; the kernel keeps 31 bits of it (xt_statistic).
      return `-m statistic --mode random --probability ${(match.part / match.of).toFixed(11)}`;
    case "label":
      // A number needs no entry in connlabel.conf, which nobody has (iptables 1.8.9).
      return `-m connlabel --label ${match.label}`;
  }
}

function renderMatches(matches: readonly Match[]): string {
  let protocol: number | undefined;
  let text = "";
  for (const match of matches) if (match.match === "protocol" && !match.negate) protocol = match.protocol;
  for (const match of matches) text += `${text === "" ? "" : " "}${renderMatch(match, protocol)}`;
  // iptables takes `-s` and `-d` once: a second one would silently be an error of ours, not of the operator's.
  const sides = matches.flatMap((match) => (match.match === "prefix" ? [match.side] : []));
  if (new Set(sides).size < sides.length) throw new Error("Bug: two prefixes for one side in one rule");
  return text;
}

function renderPorts(side: Side, ranges: readonly PortRange[], negate: boolean, protocol: number | undefined): string {
  const texts = ranges.map((range) => (range.first === range.last ? `${range.first}` : `${range.first}:${range.last}`));
  // The port options of the protocol itself are the cheapest, and exist for tcp and udp everywhere.
  if (texts.length === 1 && (protocol === TCP || protocol === UDP)) {
    return `-m ${protocol === TCP ? "tcp" : "udp"} ${not(negate)}--${side === "source" ? "sport" : "dport"} ${texts[0]}`;
  }
  return `-m multiport ${not(negate)}--${side === "source" ? "sports" : "dports"} ${texts.join(",")}`;
}

/** Without --kerneltz it is UTC. A window past midnight belongs, with --contiguous, to the day on which it begins. */
function renderTime({ from, until, hours, weekdays, monthdays }: Extract<Match, { match: "time" }>): string {
  const night = hours !== undefined && hours.first > hours.last;
  return [
    "-m time",
    ...(hours === undefined ? [] : [`--timestart ${clockTime(hours.first)} --timestop ${clockTime(hours.last)}`]),
    ...(monthdays === undefined ? [] : [`--monthdays ${monthdays.join(",")}`]),
    ...(weekdays === undefined ? [] : [`--weekdays ${weekdays.join(",")}`]),
    ...(from === undefined ? [] : [`--datestart ${utcText(from)}`]),
    ...(until === undefined ? [] : [`--datestop ${utcText(until)}`]),
    ...(night && (weekdays ?? monthdays) !== undefined ? ["--contiguous"] : []),
  ].join(" ");
}

/** `HH:MM:SS` of a second of the day. */
function clockTime(second: number): string {
  return utcText(second).slice(11);
}

function not(negate: boolean): string {
  return negate ? "! " : "";
}

function renderAction(action: Action): string {
  switch (action.action) {
    case "accept":
      return "-j ACCEPT";
    case "return":
      return "-j RETURN";
    case "drop":
      return "-j DROP";
    case "masquerade":
      return "-j MASQUERADE";
    case "track":
      // Attaching a template of zone 0 makes a later NOTRACK have no effect (platform/wan-load-balancing.md, i).
      return "-j CT --zone 0";
    case "jump":
      return `-j ${action.chain}`;
    case "goto":
      return `-g ${action.chain}`;
    case "set-mark":
      return `-j MARK --set-xmark ${formatFwmark(action.mark)}`;
    case "set-connmark":
      return `-j CONNMARK --set-xmark ${formatFwmark(action.mark)}`;
    case "restore-mark":
      return `-j CONNMARK --restore-mark --nfmask ${hex32(action.to)} --ctmask ${hex32(action.from)}`;
    case "snat":
      return `-j SNAT --to-source ${action.address}`;
    case "log":
      return `-j LOG --log-prefix "${action.prefix}"`;
    case "set-label":
      // A match that does something; the rule needs no target.
      return `-m connlabel --label ${action.label} --set`;
    case "goto-by-connmark":
      throw new Error(`Bug: ${action.action} is for nftables only`);
  }
}

/** `-A CHAIN matches -m comment --comment "policy-route:HASH note" target`. The hash covers everything but itself. */
export function renderRule(chain: string, rule: Rule): RuleLine {
  const matches = renderMatches(rule.matches);
  const action = renderAction(rule.action);
  const hash = hashText(`${chain} ${matches} ${action} ${rule.note ?? ""}`);
  const comment = ruleComment(hash, rule.note);
  return { hash, text: `-A ${chain} ${matches === "" ? "" : `${matches} `}-m comment --comment "${comment}" ${action}` };
}

export function renderHook(hook: Hook): Jump {
  return { ...hook, position: 1, text: `-A ${hook.chain} -m comment --comment "${JUMP_COMMENT}" -j ${hook.target}` };
}
