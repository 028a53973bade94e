import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { ProviderUnavailableError } from "../../../shared/errors.ts";
import { ENV } from "../../../shared/names.ts";
import { note, observed } from "../../../shared/telemetry.ts";
import { captured } from "../../harness/written.ts";

const NAMES = [ENV.logLevel, ENV.metricsDisabled, ENV.metricsNamespace];
beforeEach(() => {
  process.env[ENV.metricsNamespace] = "Nightshift/Test";
});
afterEach(() => {
  for (const name of NAMES) delete process.env[name];
});

const linesOf = (written: string[]) => written.map((line) => JSON.parse(line));

test("a run writes one line: what came of it, and what was noted on the way", async () => {
  const handler = observed("poll-status", async () => {
    note({ job_id: "j", batch: 1, outcome: "pending" });
    await turn();
    note({ outcome: "in_progress", answered: undefined });
    return "next";
  });
  const written = captured();
  expect(await handler({}, { awsRequestId: "request-1" })).toBe("next");
  await handler({}, { awsRequestId: "request-2" });
  const line = { level: "INFO", message: "in_progress", service: "poll-status", job_id: "j", batch: 1 };
  expect(linesOf(written)).toMatchObject([
    { ...line, cold_start: true, function_request_id: "request-1" },
    { ...line, cold_start: false, function_request_id: "request-2" },
  ]);
});

test("a batch's metrics are by provider, others by Lambda", async () => {
  const run = (facts: Parameters<typeof note>[0]) =>
    observed("collect-results", async () => note({ ...facts, items_again: 3, succeeded: 7 }))({});
  const written = captured();
  await run({ provider: "anthropic", seen_lag_seconds: 1.5 });
  await run({});
  const [, batch, , other] = linesOf(written);
  expect(batch).toMatchObject({ provider: "anthropic", SeenLag: 1.5, ItemsAgain: 3 });
  expect(batch).not.toHaveProperty("service");
  expect(batch._aws.CloudWatchMetrics).toEqual([
    {
      Namespace: "Nightshift/Test",
      Dimensions: [["provider"]],
      Metrics: [
        { Name: "SeenLag", Unit: "Seconds" },
        { Name: "ItemsAgain", Unit: "Count" },
      ],
    },
  ]);
  expect(other).toMatchObject({ service: "collect-results", ItemsAgain: 3 });
  expect(other._aws.CloudWatchMetrics[0].Dimensions).toEqual([["service"]]);
});

test("a run without a number that is a metric writes no metrics", async () => {
  const written = captured();
  await observed("poll-status", async () => note({ provider: "openai", seen_lag_seconds: undefined }))({});
  expect(written).toHaveLength(1);
});

test("an error is reported by name and code, without its message, and thrown again", async () => {
  const error = Object.assign(new TypeError("secret words"), { code: "ECONNRESET" });
  const written = captured();
  const handler = observed("poll-status", async () => {
    note({ job_id: "j", outcome: "in_progress" });
    throw error;
  });
  await expect(handler({})).rejects.toBe(error);
  expect(linesOf(written)).toMatchObject([
    { level: "ERROR", message: "error", job_id: "j", error: "TypeError", error_code: "ECONNRESET" },
  ]);
  expect(written.join()).not.toContain("secret");
});

test("an event that is not as it must be is reported in one sentence, not in zod's list", async () => {
  const handler = observed("poll-status", async (event) => PollEvent.parse(event));
  captured();
  await expect(handler({ batch: "one" })).rejects.toThrow(
    /^poll-status cannot read its event or a record: batch: must be a number$/,
  );
});
const PollEvent = z.object({ batch: z.int() });

test("an error's code that may be words is not reported", async () => {
  const written = captured();
  const error = Object.assign(new Error("secret words"), { code: "more secret words" });
  await expect(observed("poll-status", () => Promise.reject(error))({})).rejects.toBe(error);
  expect(written).toHaveLength(1);
  expect(written.join()).not.toContain("secret");
});

test("a provider that cannot answer now is a warning, and counted", async () => {
  const written = captured();
  const handler = observed("poll-status", async () => {
    note({ provider: "openai" });
    throw new ProviderUnavailableError("secret words");
  });
  await expect(handler({})).rejects.toThrow(ProviderUnavailableError);
  expect(linesOf(written)).toMatchObject([
    { level: "WARN", error: "ProviderUnavailableError" },
    { provider: "openai", ProviderErrors: 1 },
  ]);
});

test("runs at the same time keep their facts apart", async () => {
  const handler = observed("poll-status", async (event) => {
    const batch = Number(event);
    note({ batch });
    for (let turns = 5 - batch; turns > 0; turns--) await turn();
    note({ outcome: `ended ${batch}` });
  });
  const written = captured();
  await Promise.all([1, 2, 3].map((batch) => handler(batch)));
  expect(linesOf(written).map(({ batch, message }) => [batch, message])).toEqual([
    [3, "ended 3"],
    [2, "ended 2"],
    [1, "ended 1"],
  ]);
});

test("the environment silences it", async () => {
  process.env[ENV.logLevel] = "SILENT";
  process.env[ENV.metricsDisabled] = "true";
  const written = captured();
  await observed("poll-status", async () => note({ provider: "openai", items_again: 1 }))({});
  expect(written).toEqual([]);
});
