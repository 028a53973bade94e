/** The named faults of batches: each shows to a client as the providers' own trouble does. */
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { namedFaults } from "../../../../local/sandbox/named-faults.ts";
import {
  chatLine,
  chatLines,
  createOpenai,
  messageRequests,
  messageResults,
  resultLines,
  type Setup,
  setup,
} from "./setup.ts";

const withFaults = (...names: string[]) => setup({ faults: namedFaults(names) });

async function endedOpenai({ openai, pass }: Setup, lines = chatLines(3)): Promise<OpenAI.Batch> {
  const { id } = await createOpenai(openai, lines, { metadata: { mark: "m" } });
  pass(100);
  return await openai.batches.retrieve(id);
}

async function endedAnthropic({ anthropic, pass }: Setup): Promise<Anthropic.Messages.MessageBatch> {
  const { id } = await anthropic.messages.batches.create({ requests: messageRequests(3) });
  pass(100);
  return await anthropic.messages.batches.retrieve(id);
}

test("late-files: completed without files at two polls, with them at the third", async () => {
  const given = await withFaults("late-files");
  const { id, status, output_file_id } = await endedOpenai(given);
  expect([status, output_file_id]).toEqual(["completed", null]);
  expect((await given.openai.batches.retrieve(id)).output_file_id).toBeNull();
  expect((await given.openai.batches.retrieve(id)).output_file_id).toMatch(/^file-/);
  const batch = await endedAnthropic(given);
  expect([batch.processing_status, batch.results_url]).toEqual(["ended", null]);
});

test("late-results: a 404 twice, then the results", async () => {
  const given = await withFaults("late-results");
  const { output_file_id } = await endedOpenai(given);
  const { id } = await endedAnthropic(given);
  for (const _ of [1, 2]) {
    await expect(resultLines(given.openai, output_file_id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(messageResults(given.anthropic, id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  }
  expect(await resultLines(given.openai, output_file_id)).toHaveLength(3);
  expect(await messageResults(given.anthropic, id)).toHaveLength(3);
});

test("refused-create and spend-limit: nothing is created", async () => {
  const given = await withFaults("refused-create", "spend-limit");
  await expect(endedOpenai(given)).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  await expect(endedAnthropic(given)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  await expect(endedOpenai(given)).rejects.toMatchObject({ status: 429, code: "insufficient_quota" });
  const limit = await endedAnthropic(given).catch((error) => error);
  expect(limit.error.error.details.error_code).toBe("enforced_spend_limit_reached");
  expect((await given.sandbox.stats()).openai.batches_created).toBe(0);
  expect((await endedOpenai(given)).status).toBe("completed");
});

test("no-credit and failed-batch fail whole batches, and nothing is billed; the next one runs", async () => {
  const given = await withFaults("no-credit", "failed-batch");
  const batches = [await endedOpenai(given), await endedOpenai(given), await endedOpenai(given)];
  expect(batches.map(({ status, errors }) => [status, errors?.data?.[0]?.code])).toEqual([
    ["failed", "billing_hard_limit_reached"],
    ["failed", "server_error"],
    ["completed", undefined],
  ]);
  expect((await given.sandbox.stats()).openai.requests_billed).toBe(3);
  await expect(endedAnthropic(given)).rejects.toThrow("credit balance is too low");
});

test("one-error-a-time names one of four bad lines", async () => {
  const bad = ["a", "b", "c", "d"].map((id) => chatLine(id, { model: "" }));
  const { errors } = await endedOpenai(await withFaults("one-error-a-time"), [...bad, ...chatLines(2)]);
  expect(errors?.data).toHaveLength(1);
  expect((await endedOpenai(await withFaults(), bad)).errors?.data).toHaveLength(4);
});

test("statuses in upper case, unknown, without end; metadata dropped", async () => {
  expect((await endedOpenai(await withFaults("upper-case"))).status).toBe("COMPLETED");
  expect((await endedAnthropic(await withFaults("upper-case"))).processing_status).toBe("ENDED");
  const unknown = await withFaults("unknown-status", "no-metadata");
  const created = await createOpenai(unknown.openai, chatLines(1), { metadata: { mark: "m" } });
  expect([created.status, created.metadata]).toEqual(["PAUSED_FOR_REVIEW", null]);
  const endless = await withFaults("never-ends");
  const { id, status, completed_at } = await endedOpenai(endless);
  expect([status, completed_at]).toEqual(["finalizing", null]);
  expect((await endless.openai.batches.list()).data).toMatchObject([{ id, status: "finalizing" }]);
  expect((await endedAnthropic(endless)).processing_status).toBe("in_progress");
});

test("answers that are empty, deep or absurd", async () => {
  const empty = await withFaults("empty-answers");
  const [line] = await resultLines(empty.openai, (await endedOpenai(empty)).output_file_id);
  expect(line?.response?.body.choices[0]).toMatchObject({
    finish_reason: "length",
    message: { content: "" },
  });
  const [result] = await messageResults(empty.anthropic, (await endedAnthropic(empty)).id);
  expect(result?.result).toMatchObject({ message: { content: [], stop_reason: "max_tokens" } });

  const odd = await withFaults("deep-answers", "absurd-answers");
  const [deep] = await resultLines(odd.openai, (await endedOpenai(odd)).output_file_id);
  expect(deep?.response?.body.choices[0]?.message.content).toHaveLength(12_000);
  expect(deep?.response?.body.usage?.prompt_tokens).toBe(1e22);
  const [message] = await messageResults(odd.anthropic, (await endedAnthropic(odd)).id);
  expect(message?.result).toMatchObject({ message: { usage: { input_tokens: 1e22 } } });
});

test("wrong-address: every call is a 404 with a page", async () => {
  const { openai, anthropic } = await withFaults("wrong-address");
  await expect(createOpenai(openai, chatLines(1))).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(anthropic.messages.batches.list()).rejects.toBeInstanceOf(Anthropic.NotFoundError);
});
