import { NFT_TABLE } from "../kernel/ownership.ts";
import { concernsUs } from "./concerned-chains.ts";
import type { Wake } from "./wake.ts";

/** A rule by which somebody becomes a rival: it marks packets or connections, or takes them out of connection tracking. */
const RIVALRY = /\bmark set |\bnotrack\b/;

/**
 * What a line of `nft monitor ruleset` is about: `add rule ip mangle PREROUTING counter jump X`, `delete rule ip mangle PREROUTING
 * handle 7`, `add table ip policy_route { flags dormant; }` (nft 1.0.6). Lost events are told of on standard output: `# ERROR: We lost some
 * netlink events!`.
 */
export function nftEvent(line: string): Wake | undefined {
  if (line.startsWith("# ERROR")) return "overflow";
  const [deed, object, family, table = "", chain = ""] = line.split(" ", 5);
  const ofIptables = family === "ip" || family === "ip6";
  if (ofIptables && table === NFT_TABLE) return "tables";
  if (!ofIptables && family !== "inet") return undefined;
  return concerns() ? "tables" : undefined;

  function concerns(): boolean {
    if (object === "rule") return (ofIptables && concernsUs(table, chain)) || RIVALRY.test(line.replace(/"[^"]*"/g, ""));
    // Some are told by their table alone. A chain that goes does not say where it was, a table rarely goes.
    if (object === "chain") return line.includes("{ type filter hook prerouting ");
    return object === "table" && deed === "delete";
  }
}
