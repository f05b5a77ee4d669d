import type { Family } from "../net/address.ts";
import type { ForeignWrite } from "../net/foreign-marks.ts";
import type { ChainLines, Jump, RuleLine } from "./kernel-objects.ts";
import { hashInComment, isOurChain, JUMP_COMMENT } from "./ownership.ts";
import { hooksOf, parseIptablesWrite } from "./parse-mark-write.ts";
import type { TableName } from "./rule.ts";
import { vyattaHook } from "./vyatta-hooks.ts";

/** What an iptables-save output says about us, and the two foreign facts the raw table is asked for. */
export interface SavedTables {
  readonly chains: readonly ChainLines[];
  readonly jumps: readonly Jump[];
  /** Chains of others in these tables, `mangle WANLOADBALANCE_PRE`; built-in ones too. */
  readonly foreignChains: readonly string[];
  /** Rules of others in these tables that write marks. */
  readonly foreignWrites: readonly ForeignWrite[];
  /**
   * Chains of raw in which packets have to be kept in connection tracking, none where nothing there takes them out of it: Vyatta's
   * hook chains where they are, so that its `conntrack ignore` stays honoured, else the built-in ones.
   */
  readonly trackIn: readonly string[];
  /** Packet counters of rules of ours by hash, when the save was made with `-c`. Lines that say the same are one. */
  readonly packets: ReadonlyMap<string, number>;
  /** Chains that our jumps could be in and that iptables cannot read, `nat POSTROUTING`: rules of nft's own are in there. */
  readonly closed: readonly string[];
  /** Which iptables answered, from its first line; unknown when there was nothing to save. */
  readonly frontEnd: "nft" | "legacy" | undefined;
}

const OUR_TABLES = new Set<string>(["raw", "mangle", "nat"]);

/** Parses `iptables-save` (with or without `-c`). Rules are recognised by chain name and comment, never taken apart. */
export function parseIptablesSave(text: string, family: Family): SavedTables {
  const chains = new Map<string, { table: TableName; name: string; lines: RuleLine[] }>();
  const jumps: Jump[] = [];
  const foreignChains: string[] = [];
  const marking: { readonly table: string; readonly name: string; readonly line: string }[] = [];
  const callers = new Map<string, Map<string, Set<string>>>();
  const packets = new Map<string, number>();
  const positions = new Map<string, number>();
  const first = new Map<string, string>();
  const untracking: string[] = [];
  let table = "";
  for (const rawLine of text.split("\n")) {
    if (rawLine.startsWith("*")) {
      table = rawLine.slice(1);
      positions.clear();
      first.clear();
      continue;
    }
    if (!OUR_TABLES.has(table)) continue;
    if (rawLine.startsWith(":")) {
      const name = rawLine.slice(1, rawLine.indexOf(" "));
      if (isOurChain(name)) chains.set(`${table} ${name}`, { table: table as TableName, name, lines: [] });
      else foreignChains.push(`${table} ${name}`);
      continue;
    }
    const counters = rawLine.startsWith("[") ? rawLine.slice(1, rawLine.indexOf("]")) : undefined;
    const line = counters === undefined ? rawLine : rawLine.slice(rawLine.indexOf("]") + 2);
    if (!line.startsWith("-A ")) continue;
    const name = line.slice(3, line.indexOf(" ", 3));
    const position = (positions.get(name) ?? 0) + 1;
    positions.set(name, position);
    if (position === 1) first.set(name, line);
    const own = chains.get(`${table} ${name}`);
    if (own !== undefined) {
      const hash = hashInComment(line);
      own.lines.push({ hash, text: line });
      if (counters !== undefined && hash !== "") packets.set(hash, (packets.get(hash) ?? 0) + Number(counters.split(":")[0]));
    } else if (line.includes(JUMP_COMMENT)) {
      const target = / -[jg] (\S+)/.exec(line)?.[1];
      if (target !== undefined && isOurChain(target))
        jumps.push({
          family,
          table: table as TableName,
          chain: name,
          target,
          position,
          text: line,
          ...inFront(position, first.get(name)),
        });
    } else {
      if (table === "raw" && / -j (NOTRACK|CT --notrack)\b/.test(line)) untracking.push(name);
      if (line.includes("MARK --")) marking.push({ table, name, line });
      const target = / -[jg] (\S+)/.exec(line)?.[1];
      if (target !== undefined) addCaller(callers, table, target, name);
    }
  }
  return {
    chains: [...chains.values()].map((chain) => ({ family, ...chain })),
    jumps,
    foreignChains,
    foreignWrites: marking.flatMap(({ table, name, line }): ForeignWrite[] => {
      const write = parseIptablesWrite(line);
      return write === undefined
        ? []
        : [{ write, place: `${table} ${name}`, hooks: hooksOf(name, callers.get(table) ?? new Map()) }];
    }),
    trackIn: trackIn(untracking, callers.get("raw") ?? new Map()),
    packets,
    closed: [],
    frontEnd: frontEndOf(text),
  };
}

/** `untracking`: chains of raw with a rule that untracks. A chain that no packet comes to neither untracks nor tracks any. */
function trackIn(untracking: readonly string[], callers: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  if (!untracking.some((name) => hooksOf(name, callers).length > 0)) return [];
  return ["PREROUTING", "OUTPUT"].map((builtIn) => {
    const hook = vyattaHook(builtIn);
    return hooksOf(hook, callers).includes(builtIn) ? hook : builtIn;
  });
}

function inFront(position: number, first: string | undefined): Pick<Jump, "behind"> {
  return position === 1 || first === undefined ? {} : { behind: first };
}

function addCaller(callers: Map<string, Map<string, Set<string>>>, table: string, target: string, caller: string): void {
  const inTable = callers.get(table) ?? new Map<string, Set<string>>();
  callers.set(table, inTable);
  inTable.set(target, (inTable.get(target) ?? new Set()).add(caller));
}

/** iptables 1.8: `# Generated by iptables-nft-save v1.8.9 (nf_tables) on ...`, legacy without the part in brackets. */
function frontEndOf(text: string): SavedTables["frontEnd"] {
  const generated = /^# Generated by \S+ v\S+( \(nf_tables\))? on /m.exec(text);
  return generated === null ? undefined : generated[1] === undefined ? "legacy" : "nft";
}
