import { defineConfig } from "vitest/config";

// One project per kind of test; `npm test` runs all of them, in this order, then the browser suite (playwright.config.ts).
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{shared,electron,renderer}/**/*.test.{ts,tsx}"],
          testTimeout: 15_000,
          // A thread per file costs half of what a process does; what sets a process's time zone stands among the invariants.
          pool: "threads",
        },
      },
      { test: { name: "contract", include: ["test/contract/**/*.test.ts"], testTimeout: 30_000 } },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each suite starts real processes and waits for them half of its time: two cores carry three of them.
          maxWorkers: 3,
        },
      },
      { test: { name: "invariants", include: ["test/invariants/**/*.test.ts"], testTimeout: 120_000 } },
    ],
  },
});
