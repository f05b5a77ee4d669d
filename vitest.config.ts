import { defineConfig } from "vitest/config";

/**
 * Kernel and lab tests make namespaces and start servers, all in a world of their own, and mostly wait for them: two files at a time.
 * The matrix counts packets within windows of time, and the chroot of the deb tests is one: one file at a time.
 */
const real = {
  pool: "forks",
  poolOptions: { forks: { minForks: 1, maxForks: 2 } },
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as const;
const serial = { ...real, fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 20_000 } },
      { test: { name: "browser", include: ["test/browser/**/*.test.ts"], ...serial } },
      { test: { name: "kernel", include: ["test/kernel/**/*.test.ts"], ...real } },
      { test: { name: "lab", include: ["test/lab/**/*.test.ts"], ...real } },
      { test: { name: "matrix", include: ["test/matrix/**/*.test.ts"], ...serial } },
      { test: { name: "deb", include: ["test/deb/**/*.test.ts"], ...serial, testTimeout: 600_000, hookTimeout: 600_000 } },
    ],
  },
});
