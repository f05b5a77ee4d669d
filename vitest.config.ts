import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files of a minute and more, the longest first, so that none of them is left over for the end. */
const LONG = ["groups", "kill", "second-opinion", "foreign-state", "faults", "convergence", "repair-nft"];

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
 * Kernel and lab tests make namespaces and start servers, all in a world of their own, so that files run side by side: in the
 * kernel tests of one file several worlds are at work anyway, the lab mostly waits. The matrix counts packets within windows of time,
 * and the chroot of the deb tests is one: one file at a time.
 */
const forks = (maxForks: number) => ({ pool: "forks", poolOptions: { forks: { minForks: 1, maxForks } } }) as const;
const patient = { testTimeout: 120_000, hookTimeout: 120_000 } as const;
const serial = { ...patient, pool: "forks", fileParallelism: false } as const;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      // Functions of values: one process for all files, which starts and loads each module once.
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 20_000, isolate: false } },
      { test: { name: "browser", include: ["test/browser/**/*.test.ts"], ...serial } },
      { test: { name: "kernel", include: ["test/kernel/**/*.test.ts"], ...patient, ...forks(2) } },
      { test: { name: "lab", include: ["test/lab/**/*.test.ts"], ...patient, ...forks(4) } },
      { test: { name: "matrix", include: ["test/matrix/**/*.test.ts"], ...serial } },
      { test: { name: "deb", include: ["test/deb/**/*.test.ts"], ...serial, testTimeout: 600_000, hookTimeout: 600_000 } },
    ],
  },
});
