import { beforeAll, describe, expect, test } from "vitest";
import type { NeighbourRow } from "../support/neighbours/rows.ts";
import type { Backend } from "./backends.ts";
import { brokenParts, explain } from "./promise.ts";
import { type Chosen, eventsOf, type Outcome, runMatrix } from "./run-matrix.ts";

/** Runs the rows first and then has one test for each cell; `done` gets everything that was measured, `chosen` says which cells are run. */
export function describeMatrix(
  rows: readonly NeighbourRow[],
  backends: readonly (Backend | undefined)[],
  { chosen = () => true, done = () => {} }: { chosen?: Chosen; done?: (outcomes: readonly Outcome[]) => void },
): void {
  let outcomes: readonly Outcome[] = [];
  beforeAll(
    async () => {
      outcomes = await runMatrix(rows, backends, chosen);
      done(outcomes);
    },
    45 * 60 * 1000,
  );
  describe.each(rows)("$name", (row) => {
    describe.each(backends.map((backend) => ({ name: backend?.name ?? "without us", backend })))("$name", ({ backend }) => {
      test.each(eventsOf(row, backend).filter((event) => chosen(row, event)))("$name", (event) => {
        const outcome = outcomes.find((one) => one.row === row && one.backend === backend && one.event === event);
        if (outcome === undefined || outcome.cell instanceof Error) throw outcome?.cell ?? new Error("was not run");
        const { cell } = outcome;
        expect(brokenParts(row, backend, cell), explain(cell)).toEqual([]);
      });
    });
  });
}
