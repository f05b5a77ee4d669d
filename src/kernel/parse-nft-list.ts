import type { Family } from "../net/address.ts";
import type { NftTableText, RuleLine } from "./kernel-objects.ts";
import { hashInComment } from "./ownership.ts";

/** A table of ours as `nft -n list table` prints it, and the packet counters of its rules by hash. */
export interface ListedTable {
  readonly table: NftTableText;
  readonly packets: ReadonlyMap<string, number>;
}

/**
 * Parses `nft -n list table ip policy_route` (nft 1.0). Rules are recognised by their comment and never taken apart; their text
 * can be given to nft again, counters included.
 */
export function parseNftTable(text: string, family: Family): ListedTable {
  const chains: { name: string; base: string; lines: RuleLine[] }[] = [];
  const sets: { name: string; lines: string[] }[] = [];
  const packets = new Map<string, number>();
  let strange = false;
  let line: (text: string) => void = () => {};
  for (const raw of text.split("\n")) {
    const words = raw.trim();
    // One tab: a block of the table begins or ends. Two and more: its lines.
    if (!raw.startsWith("\t") || words === "" || words === "}") continue;
    if (raw.startsWith("\t\t")) {
      line(words);
      continue;
    }
    const [, kind, name = ""] = /^(chain|set) (\S+) \{$/.exec(words) ?? [];
    if (kind === "chain") {
      const chain = { name, base: "", lines: [] as RuleLine[] };
      chains.push(chain);
      line = (rule) => {
        if (rule.startsWith("type ") && chain.lines.length === 0) chain.base = rule;
        else chain.lines.push({ hash: hashInComment(rule), text: rule });
      };
    } else if (kind === "set") {
      const set = { name, lines: [] as string[] };
      sets.push(set);
      // Elements go on over several lines, each of which ends with a comma but the last.
      line = (part) => {
        const open = set.lines.at(-1)?.endsWith(",") === true;
        if (open) set.lines.push(`${set.lines.pop()} ${part}`);
        else set.lines.push(part);
      };
    } else {
      strange = true;
      line = () => {};
    }
  }
  for (const { hash, text: rule } of chains.flatMap((chain) => chain.lines)) {
    const counted = / counter packets (\d+) /.exec(` ${rule}`)?.[1];
    if (hash !== "" && counted !== undefined) packets.set(hash, (packets.get(hash) ?? 0) + Number(counted));
  }
  return { table: { family, chains, sets, strange }, packets };
}
