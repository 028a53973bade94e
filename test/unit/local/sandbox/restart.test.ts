import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Sandbox } from "../../../../local/sandbox/sandbox.ts";
import { startSandbox } from "../../../../local/sandbox/sandbox.ts";
import {
  anthropicClient,
  chatLines,
  createOpenai,
  messageRequests,
  messageResults,
  openaiClient,
  resultLines,
} from "./setup.ts";

test("batches survive kill -9: same batches, same answers in the same order", async () => {
  const dir = await mkdtemp(join(tmpdir(), "nightshift-test-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const child = fork(join(import.meta.dirname, "sandbox-process.ts"), [dir], { execArgv: [] });
  const [addresses] = (await once(child, "message")) as [Sandbox];
  const openaiBatch = await createOpenai(openaiClient(addresses), chatLines(3000), {
    metadata: { mark: "m1" },
  });
  const { id } = await anthropicClient(addresses).messages.batches.create({
    requests: messageRequests(3000),
  });
  child.kill("SIGKILL");
  await once(child, "exit");

  const sandbox = await startSandbox({ dir, clock: () => Date.now() + 3600_000 });
  onTestFinished(() => sandbox.close());
  const openai = openaiClient(sandbox);
  const anthropic = anthropicClient(sandbox);
  const done = await openai.batches.retrieve(openaiBatch.id);
  expect(done).toMatchObject({
    status: "completed",
    created_at: openaiBatch.created_at,
    metadata: { mark: "m1" },
  });
  const answers = await resultLines(openai, done.output_file_id);
  expect(new Set(answers.map(({ custom_id }) => custom_id)).size).toBe(3000);
  const messages = await messageResults(anthropic, id);
  expect(new Set(messages.map(({ custom_id }) => custom_id)).size).toBe(3000);
  expect(await sandbox.stats()).toMatchObject({
    openai: { batches_created: 1, requests_accepted: 3000, requests_billed: 3000 },
    anthropic: { batches_created: 1, requests_accepted: 3000, requests_billed: 3000 },
  });

  await sandbox.close();
  const again = await startSandbox({ dir, clock: () => Date.now() + 3600_000 });
  onTestFinished(() => again.close());
  expect(await resultLines(openaiClient(again), done.output_file_id)).toEqual(answers);
  expect(await messageResults(anthropicClient(again), id)).toEqual(messages);
});
