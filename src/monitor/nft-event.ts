import { concernsUs } from "./concerned-chains.ts";
import type { Wake } from "./wake.ts";

/**
 * What a line of `nft monitor rules` is about: `add rule ip mangle PREROUTING counter jump X`, `insert rule ...`, `delete rule ip
 * mangle PREROUTING handle 7` (nft 1.0.6). Lost events are told of on standard output: `# ERROR: We lost some netlink events!`.
 */
export function nftEvent(line: string): Wake | undefined {
  if (line.startsWith("# ERROR")) return "overflow";
  const [, object, family, table = "", chain = ""] = line.split(" ", 5);
  if (object !== "rule" || (family !== "ip" && family !== "ip6")) return undefined;
  return concernsUs(table, chain) ? "tables" : undefined;
}
