import { type Condition, type RuleScope, scopeHolds, type Values } from "./rule-scope.ts";

/** A rule that was added, and its place among all of them. */
interface Entry {
  readonly place: number;
  readonly number: string;
  readonly scope: RuleScope;
}

/** Rules with the same conditions on blocks of the same sizes; a block of size 0 is a text. */
interface Shelf {
  readonly blocks: readonly { readonly name: string; readonly size: number }[];
  /** By the blocks themselves. */
  readonly entries: Map<string, Entry[]>;
}

/** Rules, to be asked which of them takes all packets of another. */
export interface ScopeIndex {
  add(number: string, scope: RuleScope): void;
  /** The first added rule that holds `scope`. */
  find(scope: RuleScope): string | undefined;
}

/**
 * Comparing every pair would be half a million comparisons for 1,000 rules, and 50 million for 9,999. So each rule is kept
 * by the blocks around the values of its conditions (a block: 2^n numbers that begin at a multiple of 2^n, as a network is).
 * A rule that it holds lies in the same blocks, and rules have blocks of a few sizes only: one look for each combination of
 * sizes finds the few that are worth a comparison. (Packet classifiers call it tuple space search.)
 */
export function scopeIndex(): ScopeIndex {
  const shelves = new Map<string, Shelf>();
  let count = 0;
  return {
    add(number, scope) {
      const blocks: Shelf["blocks"][number][] = [];
      let combination = "";
      for (const [name, condition] of scope) {
        const size = blockSize(condition.values);
        blocks.push({ name, size });
        combination += `${name} ${size},`;
      }
      const shelf = shelves.get(combination) ?? { blocks, entries: new Map() };
      shelves.set(combination, shelf);
      const key = keyOn(shelf, scope) ?? "";
      const entries = shelf.entries.get(key) ?? [];
      shelf.entries.set(key, entries);
      entries.push({ place: count++, number, scope });
    },
    find(scope) {
      let found: Entry | undefined;
      for (const shelf of shelves.values()) {
        const key = keyOn(shelf, scope);
        const entry = key === undefined ? undefined : shelf.entries.get(key)?.find((other) => scopeHolds(other.scope, scope));
        if (entry !== undefined && (found === undefined || entry.place < found.place)) found = entry;
      }
      return found?.number;
    },
  };
}

/** The smallest block around the values: 0 when they are a text only. */
function blockSize(values: Values | undefined): number {
  if (values === undefined) return 0;
  let size = 2 ** Math.ceil(Math.log2(values.last - values.first + 1));
  // Addresses of both families are in no block but that of everything: infinity, which ends this loop.
  while (Math.floor(values.first / size) !== Math.floor(values.last / size)) size *= 2;
  return size;
}

/** Where on the shelf a scope would be, if it fits into blocks of that size; `undefined` when it lacks a condition. */
function keyOn(shelf: Shelf, scope: RuleScope): string | undefined {
  let key = "";
  for (const { name, size } of shelf.blocks) {
    const condition: Condition | undefined = scope.get(name);
    if (condition === undefined) return undefined;
    if (size === 0) key += `${condition.text}\n`;
    else if (condition.values === undefined) return undefined;
    else key += `${Math.floor(condition.values.first / size)}\n`;
  }
  return key;
}
