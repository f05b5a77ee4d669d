import { isOurChain, NFT_TABLE } from "../kernel/ownership.ts";

const TABLES = new Set(["raw", "mangle", "nat"]);

/** Where jumps of ours are: chains of the kernel's hooks, and Vyatta's hook chains in raw. */
const HOOKS = new Set(["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING", "VYATTA_CT_PREROUTING_HOOK", "VYATTA_CT_OUTPUT_HOOK"]);

/** Whether a rule that changed there can make a difference to us. What others do in their own chains does not. */
export function concernsUs(table: string, chain: string): boolean {
  return table === NFT_TABLE || (TABLES.has(table) && (HOOKS.has(chain) || isOurChain(chain)));
}
