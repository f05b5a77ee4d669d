import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files of a minute and more, the longest first, so that none of them is left over for the end. */
const LONG = [
  ...["kernel/kill", "kernel/second-opinion", "kernel/foreign-state", "kernel/faults", "kernel/convergence"],
  ...["lab/groups", "lab/lease", "lab/if-down", "lab/probes", "lab/recommit"],
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((name) => moduleId.includes(`/${name}`));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/**
 * How many files run side by side, and in how many processes, is for tools/test.mjs to say: vitest 3 takes that for all projects at once
 * and does not look at what a project says of it. By hand it is one file at a time on two cores.
 */
const patient = { pool: "forks", testTimeout: 120_000, hookTimeout: 120_000 } as const;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 20_000 } },
      { test: { name: "browser", include: ["test/browser/**/*.test.ts"], ...patient } },
      { test: { name: "kernel", include: ["test/kernel/**/*.test.ts"], ...patient } },
      { test: { name: "lab", include: ["test/lab/**/*.test.ts"], ...patient } },
      { test: { name: "matrix", include: ["test/matrix/**/*.test.ts"], ...patient } },
      { test: { name: "deb", include: ["test/deb/**/*.test.ts"], ...patient, testTimeout: 600_000, hookTimeout: 600_000 } },
    ],
  },
});
