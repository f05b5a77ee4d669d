import type { RuleLine } from "../kernel/kernel-objects.ts";
import type { Rule } from "../kernel/rule.ts";
import type { Family } from "../net/address.ts";
import type { ShownLine } from "./model.ts";
import type { KernelSight } from "./sight.ts";

/** A line of a chain that stands for one rule of the operator's, or for several neighbours that share a set. */
export interface NotedLine {
  readonly first: number;
  readonly last: number;
  readonly chain: string;
  /** The packet is dealt with here: counted once. LOG lines and ways around a rule are not. */
  readonly decides: boolean;
  readonly shown: ShownLine;
}

/** `rule 10` or `rule 10-900`: the notes that compile/ gives. */
const NOTE = /^rule (\d+)(?:-(\d+))?$/;

/** Every chain line that a rule of the operator's became, with its counter where the kernel has it. */
export function notedLines(kernel: KernelSight): NotedLine[] {
  const present = new Map(
    kernel.observed.chains.map((chain) => [
      `${chain.family} ${chain.table} ${chain.name}`,
      new Set(chain.lines.map((line) => line.hash)),
    ]),
  );
  // target.chains is state.chains rendered one by one, so both have the same places.
  return kernel.state.chains.flatMap((chain, at) => {
    const hashes = present.get(`${chain.family} ${chain.table} ${chain.name}`);
    return chain.rules.flatMap((rule, i): NotedLine[] => {
      const note = NOTE.exec(rule.note ?? "");
      const line = kernel.target.chains[at]?.lines[i];
      if (note === null || line === undefined) return [];
      const first = Number(note[1]);
      const last = Number(note[2] ?? note[1]);
      const shown = showLine(kernel, chain.family, chain.table, line, hashes?.has(line.hash) === true);
      return [{ first, last, chain: chain.name, decides: decides(rule), shown }];
    });
  });
}

function showLine(kernel: KernelSight, family: Family, table: string, line: RuleLine, present: boolean): ShownLine {
  const packets = present ? kernel.packets[family].get(line.hash) : undefined;
  return { family, table, text: line.text, status: present ? "ok" : "missing", ...(packets === undefined ? {} : { packets }) };
}

function decides(rule: Rule): boolean {
  return rule.action.action === "jump" || rule.action.action === "return" || rule.action.action === "drop";
}
