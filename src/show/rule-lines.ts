import type { KernelObjects, RuleLine } from "../kernel/kernel-objects.ts";
import type { KernelState } from "../kernel/kernel-state.ts";
import { NFT_TABLE } from "../kernel/ownership.ts";
import type { Rule } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";
import type { ShownLine } from "./model.ts";
import type { KernelSight } from "./sight.ts";

/** A line of a chain that stands for one rule of the operator's, or for several neighbours that share a set. */
export interface NotedLine {
  readonly first: number;
  readonly last: number;
  readonly chain: string;
  readonly hash: string;
  /** The packet is dealt with here: counted once. LOG lines and ways around a rule are not. */
  readonly decides: boolean;
  readonly shown: ShownLine;
}

/** A chain of either backend. */
interface PlacedChain {
  readonly family: Family;
  readonly table: string;
  readonly name: string;
  readonly lines: readonly RuleLine[];
}

/** `rule 10` or `rule 10-900`: the notes that compile/ gives. */
const NOTE = /^rule (\d+)(?:-(\d+))?$/;

/** Every chain line that a rule of the operator's became, with its counter where the kernel has it. */
export function notedLines(kernel: KernelSight): NotedLine[] {
  const present = new Map(
    allChains(kernel.observed).map((chain) => [placeOf(chain), new Set(chain.lines.map((line) => line.hash))]),
  );
  const wanted = allChains(kernel.target);
  // The target is the state rendered one by one, so both have the same places.
  return allRules(kernel.state).flatMap((rules, at) => {
    const chain = wanted[at];
    if (chain === undefined) return [];
    const hashes = present.get(placeOf(chain));
    return rules.flatMap((rule, i): NotedLine[] => {
      const note = NOTE.exec(rule.note ?? "");
      const line = chain.lines[i];
      if (note === null || line === undefined) return [];
      const first = Number(note[1]);
      const last = Number(note[2] ?? note[1]);
      const shown = showLine(kernel, chain, line, hashes?.has(line.hash) === true);
      return [{ first, last, chain: chain.name, hash: line.hash, decides: decides(rule), shown }];
    });
  });
}

/** Chains of both backends, in one order for wanted and present. An nft rule is told by its chain, as iptables' lines are. */
function allChains({ chains, nft }: Pick<KernelObjects, "chains" | "nft">): PlacedChain[] {
  const ofNft = nft.flatMap(({ family, chains: own }) =>
    own.map(({ name, lines }) => ({
      family,
      table: NFT_TABLE,
      name,
      lines: lines.map(({ hash, text }) => ({ hash, text: `${name} ${text}` })),
    })),
  );
  return [...chains, ...ofNft];
}

function allRules({ chains, nft }: Pick<KernelState, "chains" | "nft">): (readonly Rule[])[] {
  return [...chains, ...nft.flatMap((table) => table.chains)].map(({ rules }) => rules);
}

function placeOf({ family, table, name }: PlacedChain): string {
  return `${family} ${table} ${name}`;
}

function showLine(kernel: KernelSight, { family, table }: PlacedChain, line: RuleLine, present: boolean): ShownLine {
  const packets = present ? kernel.packets[family].get(line.hash) : undefined;
  return { family, table, text: line.text, status: present ? "ok" : "missing", ...(packets === undefined ? {} : { packets }) };
}

function decides(rule: Rule): boolean {
  return rule.action.action === "jump" || rule.action.action === "return" || rule.action.action === "drop";
}
