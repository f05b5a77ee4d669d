import { defineConfig } from "vitest/config";

/** Kernel, lab and deb tests make namespaces and start servers: one file at a time, so that two cores measure one thing. */
const serial = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 20_000 } },
      { test: { name: "browser", include: ["test/browser/**/*.test.ts"], ...serial } },
      { test: { name: "kernel", include: ["test/kernel/**/*.test.ts"], ...serial } },
      { test: { name: "lab", include: ["test/lab/**/*.test.ts"], ...serial } },
      { test: { name: "matrix", include: ["test/matrix/**/*.test.ts"], ...serial } },
      { test: { name: "deb", include: ["test/deb/**/*.test.ts"], ...serial, testTimeout: 600_000, hookTimeout: 600_000 } },
    ],
  },
});
