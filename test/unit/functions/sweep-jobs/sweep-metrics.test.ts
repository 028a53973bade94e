import { expect, test } from "vitest";
import { sweepMetrics } from "../../../../functions/sweep-jobs/sweep-metrics.ts";

test("a sweep's line names each metric once, with a value beside it, under the namespace of the alarms", () => {
  const sweep = { open: 3, longest_seconds: 5400, settled: ["j"] };
  const line = sweepMetrics(sweep, "arn:aws:states:us-east-1:1:stateMachine:Night", 1000.5);
  expect(JSON.parse(line)).toEqual({
    _aws: {
      Timestamp: 1_000_500,
      CloudWatchMetrics: [
        {
          Namespace: "Nightshift/Night",
          Dimensions: [[]],
          Metrics: [{ Name: "OpenJobs" }, { Name: "LongestInOneStatusHours" }],
        },
      ],
    },
    OpenJobs: 3,
    LongestInOneStatusHours: 1.5,
  });
});
