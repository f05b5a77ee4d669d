import type { Family } from "../net/address.ts";
import type { ChainLines, Jump, RuleLine } from "./kernel-objects.ts";
import { COMMENT_TAG, isOurChain, JUMP_COMMENT } from "./ownership.ts";
import type { TableName } from "./rule.ts";

/** What an iptables-save output says about us, and the two foreign facts the raw table is asked for. */
export interface SavedTables {
  readonly chains: readonly ChainLines[];
  readonly jumps: readonly Jump[];
  /** Vyatta's hook chains exist in raw: what we track goes there, so that its `conntrack ignore` stays honoured. */
  readonly vyattaHooks: boolean;
  /** Something in raw takes packets out of connection tracking. */
  readonly notrack: boolean;
  /** Packet counters of rules of ours by hash, when the save was made with `-c`. */
  readonly packets: ReadonlyMap<string, number>;
}

const OUR_TABLES = new Set<string>(["raw", "mangle", "nat"]);

/** Parses `iptables-save` (with or without `-c`). Rules are recognised by chain name and comment, never taken apart. */
export function parseIptablesSave(text: string, family: Family): SavedTables {
  const chains = new Map<string, { table: TableName; name: string; lines: RuleLine[] }>();
  const jumps: Jump[] = [];
  const packets = new Map<string, number>();
  const positions = new Map<string, number>();
  let vyattaHooks = false;
  let notrack = false;
  let table = "";
  for (const rawLine of text.split("\n")) {
    if (rawLine.startsWith("*")) {
      table = rawLine.slice(1);
      positions.clear();
      continue;
    }
    if (!OUR_TABLES.has(table)) continue;
    if (rawLine.startsWith(":")) {
      const name = rawLine.slice(1, rawLine.indexOf(" "));
      if (isOurChain(name)) chains.set(`${table} ${name}`, { table: table as TableName, name, lines: [] });
      if (table === "raw" && name === "VYATTA_CT_PREROUTING_HOOK") vyattaHooks = true;
      continue;
    }
    const counters = rawLine.startsWith("[") ? rawLine.slice(1, rawLine.indexOf("]")) : undefined;
    const line = counters === undefined ? rawLine : rawLine.slice(rawLine.indexOf("]") + 2);
    if (!line.startsWith("-A ")) continue;
    const name = line.slice(3, line.indexOf(" ", 3));
    const position = (positions.get(name) ?? 0) + 1;
    positions.set(name, position);
    const own = chains.get(`${table} ${name}`);
    if (own !== undefined) {
      const hash = hashIn(line);
      own.lines.push({ hash, text: line });
      if (counters !== undefined && hash !== "") packets.set(hash, Number(counters.split(":")[0]));
    } else if (line.includes(JUMP_COMMENT)) {
      const target = / -[jg] (\S+)/.exec(line)?.[1];
      if (target !== undefined && isOurChain(target))
        jumps.push({ family, table: table as TableName, chain: name, target, position, text: line });
    } else if (table === "raw" && / -j (NOTRACK|CT --notrack)\b/.test(line)) notrack = true;
  }
  return { chains: [...chains.values()].map((chain) => ({ family, ...chain })), jumps, vyattaHooks, notrack, packets };
}

/** The hash in our comment, "" when the line has none: then it differs from every line we want. */
function hashIn(line: string): string {
  const at = line.indexOf(COMMENT_TAG);
  return at < 0 ? "" : (/^[0-9a-f]{16}/.exec(line.slice(at + COMMENT_TAG.length))?.[0] ?? "");
}
