import type { Rival } from "./facts.ts";

/** An nft base chain of others at the prerouting hook, and what the rules it leads to do. */
export interface PreroutingChain {
  /** Family and name of its table, `ip vyos_mangle`. */
  readonly table: string;
  /** Sets the mark of packets or connections. */
  readonly marks: boolean;
  /** Takes packets out of connection tracking. */
  readonly untracks: boolean;
}

export interface Neighbourhood {
  /** `load-balancing wan` is in the router's configuration. */
  readonly loadBalancing: boolean;
  /** Chains of iptables' raw, mangle and nat that are not ours, `mangle WANLOADBALANCE_PRE`. */
  readonly iptablesChains: readonly string[];
  readonly nftChains: readonly PreroutingChain[];
}

/** Tables of VyOS with a name for what they are for (VyOS 1.4 and later). */
const NAMED: Readonly<Record<string, Pick<Rival, "kind"> & { readonly what: string }>> = {
  "ip vyos_wanloadbalance": { kind: "wan-load-balancing", what: "WAN load balancing runs" },
  "ip vyos_mangle": { kind: "policy-route", what: "VyOS policy route is at work" },
  "ip6 vyos_mangle": { kind: "policy-route", what: "VyOS policy route is at work" },
};

/** Who sits in the prerouting hook, the weightiest first. Sources: platform/wan-load-balancing.md sections 1 and 4. */
export function findRivals({ loadBalancing, iptablesChains, nftChains }: Neighbourhood): Rival[] {
  const rivals: Rival[] = [];
  const chain = (prefix: RegExp): string | undefined => iptablesChains.find((name) => prefix.test(name));
  if (loadBalancing) rivals.push({ kind: "wan-load-balancing", seen: "WAN load balancing is configured" });
  const balancing = chain(/^mangle WANLOADBALANCE/);
  if (balancing !== undefined)
    rivals.push({ kind: "wan-load-balancing", seen: `WAN load balancing runs (${inTable(balancing)})` });
  const policy = chain(/^mangle VYATTA_PBR/);
  if (policy !== undefined) rivals.push({ kind: "policy-route", seen: `policy route is at work (${inTable(policy)})` });
  for (const { table, marks, untracks } of nftChains) {
    const named = NAMED[table];
    if (named !== undefined) rivals.push({ kind: named.kind, seen: `${named.what} (nft table ${table})` });
    else if (marks) rivals.push({ kind: "marks", seen: `nft table ${table} marks packets` });
    if (untracks) rivals.push({ kind: "notrack", seen: `nft table ${table} untracks packets` });
  }
  return rivals;
}

function inTable(chain: string): string {
  const [table = "", name = ""] = chain.split(" ");
  return `chain ${name} in ${table}`;
}
