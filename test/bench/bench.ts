import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FRONT_ENDS } from "../support/front-end.ts";
import { benchCommit } from "./bench-commit.ts";
import { benchFailover } from "./bench-failover.ts";
import { benchMonitor } from "./bench-monitor.ts";
import { makeRow, removeRow } from "./bench-namespaces.ts";
import { benchPackets } from "./bench-packets.ts";
import { benchProbes } from "./bench-probes.ts";
import { inMemory } from "./bench-program.ts";
import { benchReactions } from "./bench-reactions.ts";
import { formatResult, holds, type Result } from "./measure.ts";

/** Rounds of each kind of failure and change, when no other number is asked for. */
const ROUNDS = 20;

/** Tables, for people: what failovers cost beside a polling loop, how soon the kernel follows, what probes cost. */
const TABLES: Readonly<Record<string, (rounds: number) => Promise<string>>> = {
  failover: benchFailover,
  reactions: benchReactions,
  probes: benchProbes,
};

/**
 * npm run bench: how fast, as ratios of one run on this machine, exit 1 when one is not held; then the tables.
 * `npm run bench -- failover|reactions|probes [ROUNDS]`: one of these alone.
 */
async function main([part, rounds]: readonly string[]): Promise<number> {
  if (part !== undefined && TABLES[part] === undefined)
    throw new Error(`npm run bench -- ${Object.keys(TABLES).join("|")} [ROUNDS]`);
  const exitCode = part === undefined ? ratios() : 0;
  for (const [name, bench] of Object.entries(TABLES))
    if (part === undefined || part === name) console.log(`${await bench(Number(rounds ?? ROUNDS))}\n`);
  return exitCode;
}

function ratios(): number {
  const scratch = mkdtempSync(join(tmpdir(), "policy-route-bench-"));
  const all: Result[] = [];
  for (const frontEnd of FRONT_ENDS) {
    const row = makeRow();
    try {
      console.log(frontEnd);
      const results = [benchCommit, benchPackets, benchMonitor].flatMap((bench) => bench(row, frontEnd, scratch));
      for (const result of results) {
        console.log(formatResult(result));
        all.push(result);
      }
    } finally {
      removeRow(row);
    }
  }
  for (const folder of [scratch, inMemory(scratch)]) rmSync(folder, { recursive: true, force: true });
  const missed = all.filter((result) => !holds(result)).length;
  console.log(`${all.length - missed} of ${all.length} ratios held`);
  return missed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
