import type { Decision, Step } from "./decide.ts";
import { type End, follow } from "./follow.ts";
import { judgeRule } from "./judge-rule.ts";
import type { Packet } from "./packet.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "./protocol-words.ts";
import type { Sighted } from "./sighted.ts";

/** Common surprises that this packet may be one of. One sentence each. */
export function hintsFor(decision: Decision, end: End, packet: Packet, sight: Sighted): string[] {
  return [
    ...notSteered(sight),
    ...quic(decision, packet, sight),
    ...hidden(decision, packet, sight),
    ...openSteps(decision),
    ...ofIcmp(packet),
    ...ofState(packet),
    ...otherFamily(decision, end, packet, sight),
  ];
}

function notSteered({ config, kernel }: Sighted): string[] {
  if (config.disable) return ["Policy routing is disabled: nothing is steered."];
  if (kernel === undefined || kernel.stepsToDo === 0) return [];
  return [
    `The kernel is not in sync with the configuration (${kernel.stepsToDo} ${kernel.stepsToDo === 1 ? "step" : "steps"}): see "show policy-route plan"; "restart policy-route" puts it right.`,
  ];
}

/** Browsers speak QUIC on UDP port 443 where they can: a rule for TCP does not have it. */
function quic(decision: Decision, packet: Packet, sight: Sighted): string[] {
  if (packet.protocol !== PROTOCOL_UDP || (packet.destinationPort !== 443 && packet.destinationPort !== 80)) return [];
  return missed(decision, "protocol", { ...packet, protocol: PROTOCOL_TCP, tcpFlags: ["SYN"] }, sight).map(
    (number) => `QUIC: what browsers send to UDP port 443 is web traffic, too; "protocol tcp_udp" in rule ${number} takes both.`,
  );
}

/** Rules that did not match for one thing only, and would match this other packet. */
function missed({ steps }: Decision, what: string, instead: Packet, sight: Sighted): string[] {
  const asked = instead.inbound === undefined ? "local" : "forwarded";
  return steps.flatMap(({ rule, verdict, words }) => {
    if (rule === undefined || verdict !== "no" || words[0]?.startsWith(what) !== true) return [];
    const config = sight.config.rule[rule];
    const holds = config !== undefined && judgeRule(config, instead, asked, sight).every((finding) => finding.holds === true);
    return holds ? [rule] : [];
  });
}

/** Later rules that would have matched too. */
function hidden({ steps, by }: Decision, packet: Packet, sight: Sighted): string[] {
  const last = steps.find(({ rule, verdict }) => rule !== undefined && verdict === "match")?.rule;
  if (last === undefined || by === "exempt") return [];
  const asked = packet.inbound === undefined ? "local" : sight.config.rule[last]?.traffic === "inbound" ? "inbound" : "forwarded";
  const later = Object.entries(sight.config.rule).filter(
    ([number, rule]) =>
      Number(number) > Number(last) &&
      !rule.disable &&
      judgeRule(rule, packet, asked, sight).every((finding) => finding.holds === true),
  );
  const numbers = later.map(([number]) => number);
  if (numbers.length === 0) return [];
  const others = numbers.length === 1 ? `Rule ${numbers[0]} matches too and is` : `Rules ${numbers.join(", ")} match too and are`;
  return [`${others} not asked: rule ${last} comes first.`];
}

function openSteps({ steps }: Decision): string[] {
  const open = steps.filter(({ verdict }): boolean => verdict === "open");
  if (open.length === 0) return [];
  const rules = open.map(({ what }: Step) => what).join(", ");
  return [`Not enough was given for ${rules}; the way above holds if ${open.length === 1 ? "it does" : "they do"} not match.`];
}

function ofIcmp({ protocol, icmpType }: Packet): string[] {
  if (protocol !== PROTOCOL_ICMP && protocol !== PROTOCOL_ICMPV6) return [];
  const errors = protocol === PROTOCOL_ICMP ? [3, 4, 5, 11, 12] : [1, 2, 3, 4];
  return icmpType !== undefined && errors.includes(icmpType)
    ? ["An ICMP error about a connection that is known belongs to that connection and is never asked about."]
    : [];
}

function ofState({ state }: Packet): string[] {
  if (state === "invalid") return ["A packet that belongs to no connection is asked about by itself, and remembered by nobody."];
  if (state === "related")
    return ["A connection that was announced by one that is steered (FTP data) goes its way; only others are asked about."];
  return [];
}

/** Where the other family of the same rule goes another way. */
function otherFamily({ target, by }: Decision, end: End, packet: Packet, sight: Sighted): string[] {
  if ((target.to !== "uplink" && target.to !== "group") || by === undefined) return [];
  const number = by.replace("rule ", "");
  const rule = sight.config.rule[number];
  if (rule === undefined || isTiedToFamily(rule)) return [];
  const family = packet.family === "ipv4" ? "ipv6" : "ipv4";
  const addresses = family === "ipv4" ? ["192.0.2.1", "192.0.2.2"] : ["2001:db8::1", "2001:db8::2"];
  const [source = "", destination = ""] = addresses;
  const other = follow(target, { ...packet, family, source, destination }, sight);
  const said = endWords(other);
  if (said === endWords(end)) return [];
  return [`${family === "ipv6" ? "IPv6" : "IPv4"} that ${by} matches goes another way now: ${said}.`];
}

function isTiedToFamily({ family, source, destination, protocol, icmp, icmpv6 }: Sighted["config"]["rule"][string]): boolean {
  const numbers: readonly unknown[] = [PROTOCOL_ICMP, PROTOCOL_ICMPV6];
  const groups = [source, destination].flatMap(({ group }) => Object.keys(group)).filter((kind) => kind !== "port-group");
  return (
    family !== "both" ||
    source.address.length + destination.address.length + groups.length > 0 ||
    Object.keys(icmp).length + Object.keys(icmpv6).length > 0 ||
    (protocol !== undefined && !protocol.negate && numbers.includes(protocol.value))
  );
}

/** `uplink dsl`, `uplink dsl or lte`, `main`, `prohibit`. */
export function endWords(end: End): string {
  if (end.to === "uplinks") return `uplink ${end.ways.join(" or ")}`;
  return end.to === "table" ? `table ${end.table}` : end.to;
}
