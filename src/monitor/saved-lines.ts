import { concernsUs } from "./concerned-chains.ts";

/**
 * The lines of an iptables-save that can make a difference to us: two looks at rules that send no events (iptables-legacy) are
 * compared by them.
 */
export function savedLines(text: string): string {
  const lines: string[] = [];
  let table = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1);
    else if (line.startsWith("-A ") && concernsUs(table, line.slice(3, line.indexOf(" ", 3)))) lines.push(`${table} ${line}`);
    // A chain with its policy; behind them are counters.
    else if (line.startsWith(":") && concernsUs(table, line.slice(1, line.indexOf(" "))))
      lines.push(`${table} ${line.split(" ")[0]}`);
  }
  return lines.join("\n");
}
