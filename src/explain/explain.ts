import { ruleTime } from "../config/rule-time.ts";
import { utcText } from "../net/utc-text.ts";
import { type Decision, decide, type Target } from "./decide.ts";
import type { Explanation, Failing } from "./explanation.ts";
import { type End, follow, followReplies, isUsable } from "./follow.ts";
import { hintsFor } from "./hints.ts";
import { marksOf } from "./marks.ts";
import type { Packet } from "./packet.ts";
import type { Sighted } from "./sighted.ts";

/** The whole explanation but what only the kernel can say. */
export function explain(asked: Packet, given: readonly string[], sight: Sighted): Explanation {
  const { packet, assumed } = withTime(asked, given, sight);
  const decision = decide(packet, sight);
  const { target, steps, by, aim = target } = decision;
  const end = follow(target, packet, sight);
  const nat = sourceNat(end, packet, target, sight);
  return {
    version: 1,
    packet,
    kernelRead: sight.kernel !== undefined,
    assumed,
    steps,
    ...(by === undefined ? {} : { decidedBy: by }),
    target: targetWords(target),
    marked: marksOf(aim, decision.aim === undefined ? end : follow(aim, packet, sight), by === "connected", packet, sight),
    ...(nat === undefined ? {} : { sourceNat: nat }),
    end,
    leaves: leavesBy(end, packet, sight),
    ...repliesOf(decision, packet, sight),
    ifFails: failures(target, end, packet, sight),
    hints: hintsFor(decision, end, packet, sight),
  };
}

/** Where a rule asks for the time and nobody said when, the packet comes now. */
function withTime(packet: Packet, assumed: readonly string[], { config, now }: Sighted) {
  const isAsked = Object.values(config.rule).some((rule) => !rule.disable && ruleTime(rule) !== undefined);
  if (packet.at !== undefined || !isAsked) return { packet, assumed };
  return { packet: { ...packet, at: now }, assumed: [...assumed, `it comes now, ${utcText(now)} UTC`] };
}

export function targetWords(target: Target): string {
  switch (target.to) {
    case "uplink":
      return `uplink ${target.uplink}`;
    case "group":
      return `group ${target.group}`;
    case "table":
      return target.table === "main" ? "table main" : `table ${target.table}`;
    default:
      return target.to;
  }
}

function leavesBy(end: End, { family }: Packet, { config, uplinks }: Sighted): Explanation["leaves"] {
  if (end.to !== "uplinks") return [];
  return end.ways.flatMap((name) => {
    const device = config.uplink[name]?.interface;
    const gateway = uplinks.find((one) => one.name === name)?.routes[family].gateway;
    return device === undefined ? [] : [{ uplink: name, interface: device, ...(gateway === undefined ? {} : { gateway }) }];
  });
}

/** What the router sends itself was given its source for main, and needs the uplink's address in any case. */
function sourceNat(end: End, packet: Packet, target: Target, { config }: Sighted): string | undefined {
  const local = packet.inbound === undefined;
  if (target.to === "table") return local && target.table !== "main" ? "masquerade" : undefined;
  if (end.to !== "uplinks" || end.bySource || (target.to !== "uplink" && target.to !== "group")) return undefined;
  const words = new Set(
    end.ways.map((name) => {
      const nat = config.uplink[name]?.["source-nat"] ?? "disable";
      if (nat === "masquerade") return nat;
      if (nat !== "disable" && nat.includes(":") === (packet.family === "ipv6")) return nat;
      return local ? "masquerade" : "none";
    }),
  );
  const [only] = words;
  if (words.size > 1) return [...words].join(" or ");
  return only === "none" ? undefined : only;
}

function repliesOf(decision: Decision, packet: Packet, sight: Sighted): Pick<Explanation, "replies"> {
  const { replies, by } = decision;
  if (replies === undefined || by === undefined) return {};
  return { replies: { end: followReplies(decision, packet, sight), by } };
}

/** Where it would go if one of the lines that it may take now were lost. */
function failures(target: Target, end: End, packet: Packet, sight: Sighted): Failing[] {
  if (end.to !== "uplinks") return [];
  return end.ways.flatMap((name): Failing[] => {
    if (!isUsable(name, packet.family, sight)) return [];
    const uplinks = sight.uplinks.map((one) => (one.name === name ? { ...one, objection: "assumed to have failed" } : one));
    const then = follow(target, packet, { ...sight, uplinks });
    const why = then.to === "uplinks" || end.bySource ? undefined : downWords(target, sight);
    return [{ uplink: name, end: then, ...(why === undefined ? {} : { why }) }];
  });
}

function downWords(target: Target, { config }: Sighted): string | undefined {
  if (target.to === "uplink") return `if-down ${config.uplink[target.uplink]?.["if-down"]}`;
  if (target.to !== "group") return undefined;
  return `no other member of ${target.group} is up, if-down ${config.group[target.group]?.["if-down"]}`;
}
