import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FRONT_ENDS } from "../support/front-end.ts";
import { benchCommit } from "./bench-commit.ts";
import { benchMonitor } from "./bench-monitor.ts";
import { makeRow, removeRow } from "./bench-namespaces.ts";
import { benchPackets } from "./bench-packets.ts";
import { inMemory } from "./bench-program.ts";
import { formatResult, holds, type Result } from "./measure.ts";

/** npm run bench: how fast, as ratios of one run on this machine. Exit 1 when a ratio is not held. */
function main(): number {
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

process.exitCode = main();
