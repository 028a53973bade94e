/**
 * A batch with the Vercel AI SDK, written as its own guide has it (`node_modules/ai/docs/03-ai-sdk-core/42-batch.mdx`):
 * start, poll while pending, throw when failed, else read the results.
 * `node ai-sdk.mjs INPUT OUTPUT MODEL [--read-failed]`. INPUT is Nightshift's JSONL; OUTPUT gets one JSON line a result.
 */
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import { openai } from "@ai-sdk/openai";
import {
  experimental_getBatchResults as getBatchResults,
  experimental_getBatchStatus as getBatchStatus,
  experimental_startBatch as startBatch,
} from "ai";

/** As often as Nightshift is told to (`--min-poll-seconds 1`); the guide has ten seconds. */
const POLL_MS = 1000;

const [input, output, model, readFailed] = process.argv.slice(2);
const provider = openai;

const requests = (await readFile(input, "utf8"))
  .trimEnd()
  .split("\n")
  .map((line) => {
    const { custom_id, user_message, extra } = JSON.parse(line);
    // What Nightshift sends for an item that sets nothing.
    const settings = { temperature: extra?.temperature ?? 0, maxOutputTokens: 4096 };
    return { id: custom_id, type: "text", model, prompt: user_message, ...settings };
  });

const batch = await startBatch({ provider, requests });
let { status, error } = batch;
while (status === "pending") {
  await setTimeout(POLL_MS);
  ({ status, error } = await getBatchStatus({ provider, batch }));
}
if (status === "failed" && readFailed !== "--read-failed") {
  throw new Error(error?.message ?? "The batch failed.");
}

const results = createWriteStream(output);
try {
  for await (const item of getBatchResults({ provider, batch })) {
    const { id, status, text, usage, error } = item;
    if (!results.write(`${JSON.stringify({ id, status, text, usage, error })}\n`)) {
      await new Promise((resolve) => results.once("drain", resolve));
    }
  }
} finally {
  results.end();
  await finished(results);
}
