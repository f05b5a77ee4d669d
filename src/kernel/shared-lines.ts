import { isOurChain } from "./ownership.ts";

/** Chains of others that jumps of ours can be in. */
const SHARED = new Set(["PREROUTING", "OUTPUT", "POSTROUTING", "VYATTA_CT_PREROUTING_HOOK", "VYATTA_CT_OUTPUT_HOOK"]);
const TABLES = new Set(["raw", "mangle", "nat"]);

/** Of an `iptables-save`, with counters or without, our chains and those that our jumps are in; nothing else of the firewall. */
export function sharedLines(text: string): string {
  let table = "";
  const lines = text.split("\n").filter((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    if (!TABLES.has(table)) return false;
    const chain = /^:(\S+)/.exec(line)?.[1] ?? /^(?:\[\d+:\d+\] )?-A (\S+)/.exec(line)?.[1];
    return chain === undefined ? line.startsWith("*") || line === "COMMIT" : isOurChain(chain) || SHARED.has(chain);
  });
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
