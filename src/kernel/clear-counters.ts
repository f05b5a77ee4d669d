import type { Family } from "../net/address.ts";
import { hashInComment, NFT_TABLE } from "./ownership.ts";
import type { Step } from "./plan.ts";
import { NFT_FAMILY } from "./plan-nft.ts";

/** A rule of ours whose counter is to begin at zero. `position`: in its chain, from 1. */
export interface CountedRule {
  readonly family: Family;
  readonly chain: string;
  readonly position: number;
}

/** Zeroes these counters of rules in our mangle chains and nobody else's: one `iptables-restore` for each family. */
export function clearIptables(rules: readonly CountedRule[]): Step[] {
  return (["ipv4", "ipv6"] as const).flatMap((family): Step[] => {
    const lines = rules.filter((rule) => rule.family === family).map(({ chain, position }) => `-Z ${chain} ${position}`);
    if (lines.length === 0) return [];
    const argv = [family === "ipv4" ? "iptables-restore" : "ip6tables-restore", "--noflush"];
    return [{ do: "run", why: `clear counters (${family})`, argv, stdin: ["*mangle", ...lines, "COMMIT\n"].join("\n") }];
  });
}

/** What `nft -n -a list table` gives for a chain: each rule of ours by its hash. */
export interface HandledRule {
  readonly family: Family;
  readonly chain: string;
  readonly hash: string;
  readonly handle: number;
  /** As it was listed, the counter in it. */
  readonly text: string;
}

/** Parses `nft -n -a list table ip policy_route` (nft 1.0): `RULE comment "policy-route:HASH note" # handle 17`. */
export function parseHandles(text: string, family: Family): HandledRule[] {
  let chain = "";
  return text.split("\n").flatMap((line): HandledRule[] => {
    chain = /^\tchain (\S+) \{/.exec(line)?.[1] ?? chain;
    const [, rule, handle] = /^\t\t(.*) # handle (\d+)$/.exec(line) ?? [];
    const hash = rule === undefined ? "" : hashInComment(rule);
    return rule === undefined || hash === "" ? [] : [{ family, chain, hash, handle: Number(handle), text: rule }];
  });
}

/**
 * The same in our nft tables, as one transaction. nft 1.0.6 cannot reset the counter of a rule (`reset rules` came with 1.0.7):
 * the rule is replaced by itself.
 */
export function clearNft(rules: readonly HandledRule[]): Step[] {
  if (rules.length === 0) return [];
  const lines = rules.map(({ family, chain, handle, text }) => {
    const fresh = text.replace(/\bcounter packets \d+ bytes \d+/, "counter");
    return `replace rule ${NFT_FAMILY[family]} ${NFT_TABLE} ${chain} handle ${handle} ${fresh}\n`;
  });
  return [{ do: "run", why: "clear counters", argv: ["nft", "-f", "-"], stdin: lines.join("") }];
}
