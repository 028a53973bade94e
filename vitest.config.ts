import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** CDK's own check of a template takes seconds of CPU: the construct's example is synthesized with it, the others without. */
const WITHOUT_VALIDATION = { CDK_VALIDATION: "false" };

/** Unit tests that replace modules, set variables for the whole file, or measure memory. */
const OWN_PROCESS = [
  "test/unit/functions/handlers.test.ts",
  "test/unit/functions/receive-webhook/receive-webhook.test.ts",
  "test/unit/functions/send-webhook/send-webhook.test.ts",
  "test/unit/shared/providers/new-provider.test.ts",
  "test/unit/functions/sweep-jobs/sweep-jobs.test.ts",
  "test/unit/shared/streams/jsonl.test.ts",
  "test/unit/shared/telemetry.test.ts",
  "test/unit/shared/workflow/batch-step.test.ts",
];

export default defineConfig({
  test: {
    // Whole jobs and commands mostly wait: a machine with two cores runs four files at a time.
    maxWorkers: 2 * availableParallelism(),
    projects: [
      {
        test: {
          name: "main",
          include: ["test/{workflow,cli}/**/*.test.ts", ...OWN_PROCESS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          env: WITHOUT_VALIDATION,
        },
      },
      {
        // Files share a process, so that what they import is loaded once.
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          exclude: OWN_PROCESS,
          isolate: false,
          unstubEnvs: true,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          env: WITHOUT_VALIDATION,
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
