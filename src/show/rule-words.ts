import type { Rule, Side } from "../config/schema.ts";

/** The conditions of a rule, each in a few words, in the order a packet's header has them. Empty: everything matches. */
export function ruleWords(rule: Rule): string[] {
  const words: string[] = [];
  if (rule.family !== "both") words.push(rule.family === "ipv4" ? "IPv4" : "IPv6");
  if (rule["inbound-interface"].length > 0) {
    words.push(
      `in ${rule["inbound-interface"].map((match) => `${not(match)}${match.name}${match.wildcard ? "+" : ""}`).join(",")}`,
    );
  }
  const { protocol } = rule;
  if (protocol !== undefined && protocol.value !== "all") words.push(`${not(protocol)}${protocol.text}`);
  if (rule.source.port !== undefined) words.push(`sport ${rule.source.port.text}`);
  if (rule.destination.port !== undefined) words.push(`dport ${rule.destination.port.text}`);
  words.push(...sideWords("from", rule.source), ...sideWords("to", rule.destination));
  return words;
}

function sideWords(preposition: string, side: Side): string[] {
  const words: string[] = [];
  if (side.address.length > 0) {
    words.push(`${preposition} ${side.address.map((match) => `${not(match)}${match.text}`).join(",")}`);
  }
  if (side["interface-address"] !== undefined) words.push(`${preposition} ${side["interface-address"]}-address`);
  if (side["interface-network"] !== undefined) words.push(`${preposition} ${side["interface-network"]}-net`);
  return words;
}

function not({ negate }: { readonly negate: boolean }): string {
  return negate ? "!" : "";
}
