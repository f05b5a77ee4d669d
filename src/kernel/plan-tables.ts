import type { Family } from "../net/address.ts";
import type { ChainLines, Jump, KernelObjects } from "./kernel-objects.ts";
import type { Step } from "./plan.ts";
import type { TableName } from "./rule.ts";
import { sameLines } from "./same-lines.ts";

/** One transaction of iptables-restore: the kernel takes all of it or nothing (platform/kernel.md, Atomicity). */
interface Transaction {
  readonly table: TableName;
  readonly lines: readonly string[];
}

/**
 * The switch, as one `iptables-restore --noflush` per family. A file is one transaction per table section, in the order of
 * the file: NAT and raw grow before the marks change and shrink after, so that no packet is steered without its NAT.
 */
export function planTables(target: KernelObjects, observed: KernelObjects, family: Family): Step[] {
  const change = (table: TableName, chains?: readonly ChainLines[]) => tableChange(target, observed, family, table, chains);
  const transactions: Transaction[] = [];
  const late: Transaction[] = [];
  for (const table of ["nat", "raw"] as const) {
    const final = change(table);
    if (final === undefined) continue;
    const grown = grownChains(target, observed, family, table);
    if (grown === undefined) {
      transactions.push(final);
      continue;
    }
    const early = change(table, grown);
    if (early !== undefined) transactions.push(early);
    late.unshift({ table, lines: lateLines(target, observed, family, table) });
  }
  const mangle = change("mangle");
  if (mangle !== undefined) transactions.push(mangle);
  transactions.push(...late);
  if (transactions.length === 0) return [];
  const stdin = transactions.map(({ table, lines }) => [`*${table}`, ...lines, "COMMIT"].join("\n")).join("\n");
  const program = family === "ipv4" ? "iptables-restore" : "ip6tables-restore";
  return [{ do: "run", why: `switch chains (${family})`, argv: [program, "--noflush", "--wait", "10"], stdin: `${stdin}\n` }];
}

function chainsOf(objects: KernelObjects, family: Family, table: TableName): ChainLines[] {
  return objects.chains.filter((chain) => chain.family === family && chain.table === table);
}

function jumpsOf(objects: KernelObjects, family: Family, table: TableName): Jump[] {
  return objects.jumps.filter((jump) => jump.family === family && jump.table === table);
}

/**
 * The chains of a table as they have to be while the marks change: the wanted lines, then the present lines that will go.
 * `undefined` when nothing goes, so that the wanted chains themselves can be installed before the marks.
 */
function grownChains(target: KernelObjects, observed: KernelObjects, family: Family, table: TableName): ChainLines[] | undefined {
  const wanted = new Map(chainsOf(target, family, table).map((chain) => [chain.name, chain]));
  let shrinks = false;
  for (const present of chainsOf(observed, family, table)) {
    const chain = wanted.get(present.name) ?? { ...present, lines: [] };
    const hashes = new Set(chain.lines.map((line) => line.hash));
    const leaving = present.lines.filter((line) => !hashes.has(line.hash));
    if (leaving.length > 0 || !wanted.has(present.name)) shrinks = true;
    wanted.set(present.name, { ...chain, lines: [...chain.lines, ...leaving] });
  }
  return shrinks ? [...wanted.values()] : undefined;
}

/** The second half of a table that grows and shrinks: from the grown chains to the wanted ones. */
function lateLines(target: KernelObjects, observed: KernelObjects, family: Family, table: TableName): string[] {
  const grown = grownChains(target, observed, family, table) ?? [];
  const keptJumps = jumpsOf(target, family, table);
  const present: KernelObjects = {
    ...observed,
    chains: grown,
    jumps: [...keptJumps, ...jumpsOf(observed, family, table).filter((jump) => !keptJumps.some((kept) => samePlace(kept, jump)))],
  };
  return tableChange(target, present, family, table)?.lines.slice() ?? [];
}

function samePlace(a: Jump, b: Jump): boolean {
  return a.chain === b.chain && a.target === b.target;
}

/**
 * The lines of one table section from what is there to `target`, or `undefined` when nothing differs. With `chains` given
 * (the grown ones) nothing is taken away: no jump, no chain.
 */
function tableChange(
  target: KernelObjects,
  observed: KernelObjects,
  family: Family,
  table: TableName,
  chains?: readonly ChainLines[],
): Transaction | undefined {
  const wanted = chains ?? chainsOf(target, family, table);
  const present = new Map(chainsOf(observed, family, table).map((chain) => [chain.name, chain]));
  const changed = wanted.filter((chain) => !sameLines(present.get(chain.name)?.lines, chain.lines));
  const wantedNames = new Set(wanted.map((chain) => chain.name));
  const stale = [...present.keys()].filter((name) => !wantedNames.has(name));

  const wantedJumps = jumpsOf(target, family, table);
  const presentJumps = jumpsOf(observed, family, table);
  const missing = wantedJumps.filter((jump) => {
    const there = presentJumps.filter((candidate) => samePlace(candidate, jump));
    return !(there.length === 1 && there[0]?.position === 1);
  });
  const misplaced = presentJumps.filter(
    (jump) =>
      missing.some((other) => samePlace(other, jump)) ||
      (chains === undefined && !wantedJumps.some((other) => samePlace(other, jump))),
  );
  const lines = [
    ...changed.map((chain) => `:${chain.name} - [0:0]`),
    ...changed.flatMap((chain) => chain.lines.map((line) => line.text)),
    ...misplaced.map((jump) => jump.text.replace(/^-A/, "-D")),
    ...missing.map((jump) => jump.text.replace(`-A ${jump.chain}`, `-I ${jump.chain} 1`)),
    ...stale.map((name) => `-F ${name}`),
    ...stale.map((name) => `-X ${name}`),
  ];
  return lines.length === 0 ? undefined : { table, lines };
}
