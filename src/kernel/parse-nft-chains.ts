import type { MarkWrite } from "../net/foreign-marks.ts";
import { NFT_TABLE } from "./ownership.ts";
import { parseNftWrites } from "./parse-mark-write.ts";

/** A base chain of somebody else's at the prerouting hook. */
export interface ForeignChain {
  /** `inet fw` */
  readonly table: string;
  readonly name: string;
  /** One that iptables-nft keeps rules in: where `iptables` is that, iptables-save tells more of it. */
  readonly ofIptables: boolean;
}

export interface ListedChains {
  /** Families (as nft calls them) in which a table of ours is there. */
  readonly ours: ReadonlySet<string>;
  /** Filter chains at the prerouting hook. */
  readonly prerouting: readonly ForeignChain[];
}

/** Where iptables-nft has a filter chain at that hook, `PREROUTING`. Others may have made a table of this name, with chains of their own. */
const TABLES_OF_IPTABLES = /^ip6? (raw|mangle)$/;

/** Parses `nft -n list chains`: every table with the heads of its chains, and no rules, which is cheap on any firewall. */
export function parseNftChains(text: string): ListedChains {
  const ours = new Set<string>();
  const prerouting: ForeignChain[] = [];
  let table = "";
  let name = "";
  for (const line of text.split("\n")) {
    const head = /^table (\S+ \S+) \{/.exec(line)?.[1];
    if (head !== undefined) {
      table = head;
      if (head === `ip ${NFT_TABLE}` || head === `ip6 ${NFT_TABLE}`) ours.add(head.split(" ")[0] ?? "");
      continue;
    }
    name = /^\tchain (\S+) \{/.exec(line)?.[1] ?? name;
    const foreign = !table.endsWith(` ${NFT_TABLE}`) && /^(ip|ip6|inet) /.test(table);
    if (foreign && /^\t\ttype filter hook prerouting /.test(line))
      prerouting.push({ table, name, ofIptables: name === "PREROUTING" && TABLES_OF_IPTABLES.test(table) });
  }
  return { ours, prerouting };
}

/** What the rules of a chain do that concerns us, out of `nft list chain`, and the chains they lead to. */
export function parseForeignChain(text: string): {
  readonly writes: readonly MarkWrite[];
  readonly untracks: boolean;
  readonly next: readonly string[];
} {
  // Prefixes and comments are the only texts of others in there.
  const rules = text.replace(/"[^"\n]*"/g, '""');
  return {
    writes: rules.split("\n").flatMap(parseNftWrites),
    untracks: /\bnotrack\b/.test(rules),
    next: [...rules.matchAll(/\b(?:jump|goto) ([^\s,}]+)/g)].map(([, chain = ""]) => chain),
  };
}
