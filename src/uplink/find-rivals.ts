import type { MarkWrite } from "../net/foreign-marks.ts";
import type { Rival } from "./facts.ts";
import { MARK_USERS } from "./mark-users.ts";

/** An nft base chain of others at the prerouting hook, and what the rules it leads to do. */
export interface PreroutingChain {
  /** Family and name of its table, `ip vyos_mangle`. */
  readonly table: string;
  /** What it writes into the mark of packets and connections. */
  readonly writes: readonly MarkWrite[];
  /** Takes packets out of connection tracking. */
  readonly untracks: boolean;
}

export interface Neighbourhood {
  /** `load-balancing wan` is in the router's configuration. */
  readonly loadBalancing: boolean;
  /** Chains of iptables' raw, mangle and nat that are not ours, `mangle WANLOADBALANCE_PRE`. */
  readonly iptablesChains: readonly string[];
  readonly nftChains: readonly PreroutingChain[];
  /** What rules of iptables-legacy do at that hook, while `iptables` is nft's: which of the two comes first there is not said anywhere. */
  readonly legacy: { readonly marks: boolean; readonly untracks: boolean };
}

/** Who sits in the prerouting hook, the weightiest first: those in MARK_USERS, then everybody who marks or untracks in nft. */
export function findRivals({ loadBalancing, iptablesChains, nftChains, legacy }: Neighbourhood): Rival[] {
  const rivals: Rival[] = [];
  for (const { chains, rival } of MARK_USERS) {
    if (rival === undefined) continue;
    if (loadBalancing && rival.configured !== undefined) rivals.push({ kind: rival.kind, seen: rival.configured });
    const chain = iptablesChains.find((name) => chains?.test(name));
    if (chain !== undefined) rivals.push({ kind: rival.kind, seen: `${rival.running} (${inTable(chain)})` });
  }
  for (const { table, writes, untracks } of nftChains) {
    const named = MARK_USERS.find(({ nftTables, rival }) => rival !== undefined && nftTables?.test(table))?.rival;
    if (named !== undefined) rivals.push({ kind: named.kind, seen: `${named.running} (nft table ${table})` });
    else if (writes.length > 0) rivals.push({ kind: "marks", seen: `nft table ${table} marks packets` });
    if (untracks) rivals.push({ kind: "notrack", seen: `nft table ${table} untracks packets` });
  }
  if (legacy.marks) rivals.push({ kind: "marks", seen: "rules of iptables-legacy mark packets" });
  if (legacy.untracks) rivals.push({ kind: "notrack", seen: "rules of iptables-legacy untrack packets" });
  return rivals;
}

function inTable(chain: string): string {
  const [table = "", name = ""] = chain.split(" ");
  return `chain ${name} in ${table}`;
}
