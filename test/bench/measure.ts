import { spawnSync } from "node:child_process";

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Wall-clock milliseconds of one run of a command; throws when it fails. */
export function milliseconds(argv: readonly string[], env: NodeJS.ProcessEnv, stdin?: string): number {
  const start = process.hrtime.bigint();
  const result = spawnSync(argv[0] ?? "", argv.slice(1), {
    env,
    encoding: "utf8",
    ...(stdin === undefined ? {} : { input: stdin }),
  });
  const took = Number(process.hrtime.bigint() - start) / 1e6;
  if (result.status !== 0) throw new Error(`${argv.join(" ")} ended with ${result.status}: ${result.stderr}`);
  return took;
}

/** Runs the contestants in turn, so that a busy moment of the machine hits all of them; medians by name. */
export function interleaved<K extends string>(rounds: number, contestants: Readonly<Record<K, () => number>>): Record<K, number> {
  const names = Object.keys(contestants) as K[];
  const results = new Map<K, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) for (const name of names) results.get(name)?.push(contestants[name]());
  return Object.fromEntries(names.map((name) => [name, median(results.get(name) ?? [])])) as Record<K, number>;
}

/** One line of the result: what, the ratio, what it may be at most (or has to be at least), and the medians behind it. */
export interface Result {
  readonly what: string;
  readonly ratio: number;
  readonly limit: { readonly most: number } | { readonly least: number };
  readonly from: string;
}

export function holds({ ratio, limit }: Result): boolean {
  return "most" in limit ? ratio <= limit.most : ratio >= limit.least;
}

export function formatResult(result: Result): string {
  const limit = "most" in result.limit ? `at most ${result.limit.most}` : `at least ${result.limit.least}`;
  return `${holds(result) ? "ok  " : "FAIL"} ${result.what.padEnd(62)} ${result.ratio.toFixed(2).padStart(7)}  (${limit}; ${result.from})`;
}
