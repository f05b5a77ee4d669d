import type { Condition } from "./condition.ts";
import { assume, type Findings, leave } from "./findings.ts";
import type { ImportedRule } from "./imported.ts";

/** Paths whose opposite is that of the answer. */
const OPPOSITE: Readonly<Record<string, string>> = {
  "source port": "destination port",
  "destination port": "source port",
  "source address": "destination address",
  "destination address": "source address",
};
const SAME = ["protocol", "family"];

/**
 * Packets with a source port are, where every packet is looked at, two things: what somebody opens from that port, and a server's
 * answers. Rules look at the first packet, which of the second kind is the request: for these a rule for `traffic inbound` is added.
 */
export function answersOf(findings: Findings, rules: readonly ImportedRule[]): ImportedRule[] {
  return rules.flatMap((rule): ImportedRule[] => {
    const port = rule.condition.get("source port")?.[0];
    if (port === undefined || port.startsWith("!") || rule.traffic === "inbound" || rule.way.kind !== "uplink") return [rule];
    const condition = requestOf(rule.condition);
    if (condition === undefined) {
      leave(
        findings,
        rule.at,
        `answers from port ${port} are decided when the request comes in, which this cannot be said of; only what is opened from that port is steered`,
      );
      return [rule];
    }
    assume(
      findings,
      rule.at,
      `answers from port ${port} are decided when the request comes in: a rule of its own, with traffic inbound`,
    );
    return [{ ...rule, traffic: "inbound", condition }, rule];
  });
}

function requestOf(condition: Condition): Condition | undefined {
  const entries = [...condition].map(([path, values]): [string, readonly string[]] | undefined => {
    const opposite = OPPOSITE[path] ?? (SAME.includes(path) ? path : undefined);
    return opposite === undefined ? undefined : [opposite, values];
  });
  return entries.some((entry) => entry === undefined) ? undefined : new Map(entries as [string, readonly string[]][]);
}
