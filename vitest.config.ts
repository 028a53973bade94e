import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Whole jobs and commands mostly wait: a machine with two cores runs two files at a time, not one.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "main",
          include: ["test/{unit,workflow,cli}/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // CDK's own check of a template takes seconds of CPU: the construct's example is synthesized with it, the others without.
          env: { CDK_VALIDATION: "false" },
        },
      },
      {
        // Whole jobs in virtual time under faults: `npm run test:simulation`, about a minute on two idle cores.
        test: {
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          testTimeout: 600_000,
        },
      },
      {
        // Report and viewer in the system's Chromium: `npm run test:browser`.
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
      {
        // Deploys the stack to an AWS emulator: `npm run test:deploy`.
        test: {
          name: "deploy",
          include: ["test/deploy/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
