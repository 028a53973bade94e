import { expect, test } from "vitest";
import { BatchWriter } from "../../../../functions/prepare-job/batch-writer.ts";
import { JobSpec, type ProviderName } from "../../../../shared/models.ts";
import { parseEntry } from "../../../../shared/objects/index-line.ts";
import { indexKey, requestKey, tagOf } from "../../../../shared/objects/keys.ts";
import { ObjectWriter } from "../../../../shared/objects/object-writer.ts";
import { headObject } from "../../../../shared/objects/objects.ts";
import type { ProviderFormat, RequestSource } from "../../../../shared/providers/format.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";
import { isSampled } from "../../../../shared/report/sample.ts";
import { objectBytes, startLocalData } from "../../../harness/local-data.ts";

await startLocalData();
const NAMES = ["openai", "anthropic"] as const;

const specOf = (provider: ProviderName) => JobSpec.parse({ provider, model: "m" });

function item(user_message: string): RequestSource {
  const settings = { temperature: 0, max_tokens: 1, extra: {} };
  return { kind: "item", item: { custom_id: "unused", user_message, ...settings }, temperature_set: true };
}

function limited(provider: ProviderName, limits: Partial<ProviderFormat["limits"]>): ProviderFormat {
  const format = formatOf(provider);
  return { ...format, limits: { ...format.limits, ...limits } };
}

const entry = (line: number, custom_id: string) => ({ line, custom_id });

/** A writer to the bucket. */
function writerOf(job_id: string, spec: JobSpec, format: ProviderFormat, maxBytes?: number): BatchWriter {
  return new BatchWriter({ job_id, spec, format, maxBytes, open: (key) => new ObjectWriter(key) });
}

/** Ends the last batch. @returns requests of each */
async function finish(writer: BatchWriter): Promise<number[]> {
  return (await writer.finish()).map(({ requests }) => requests);
}

/** The user messages in a request file, read as the provider would read it. */
async function messagesIn(provider: ProviderName, job: string, batch: number): Promise<[string, string][]> {
  const text = (await objectBytes(requestKey(job, batch, 1))).toString();
  const requests =
    provider === "openai"
      ? text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line))
      : JSON.parse(text).requests;
  type Body = { messages: { content: string }[] };
  return requests.map(({ custom_id, body, params }: { custom_id: string; body?: Body; params?: Body }) => [
    custom_id,
    (body ?? params)?.messages.at(-1)?.content,
  ]);
}

test.for(NAMES)("%s: a batch is full at exactly max_requests", async (provider) => {
  const job = `count-${provider}`;
  const writer = writerOf(job, specOf(provider), limited(provider, { max_requests: 3 }));
  for (let line = 1; line <= 7; line++) await writer.add(entry(line, `id-${line}`), item(`message ${line}`));
  expect(await finish(writer)).toEqual([3, 3, 1]);
  for (const [batch, lines] of [
    [1, [1, 2, 3]],
    [2, [4, 5, 6]],
    [3, [7]],
  ] as const) {
    expect(await messagesIn(provider, job, batch)).toEqual(
      lines.map((line) => [`${tagOf(job, batch, 1)}-${line}`, `message ${line}`]),
    );
    expect((await objectBytes(indexKey(job, batch))).toString()).toBe(
      lines.map((line) => `[${line},"id-${line}",null,"[user] message ${line}"]\n`).join(""),
    );
  }
});

test.for(NAMES)("%s: a batch is full at exactly max_bytes, framing included", async (provider) => {
  // Characters of one to four bytes: lengths in characters would not do.
  const messages = ["a", "éé", "日本語", "😀😀", "z".repeat(50), "ü"];
  const write = async (job: string, max_bytes: number) => {
    const writer = writerOf(job, specOf(provider), limited(provider, { max_bytes }));
    for (const [at, message] of messages.entries())
      await writer.add(entry(at + 1, `id-${at}`), item(message));
    return { requests: await finish(writer), bytes: (await headObject(requestKey(job, 1, 1)))?.bytes ?? 0 };
  };
  const whole = await write(`whole-${provider}`, 1_000_000);
  expect(whole.requests).toEqual([6]);
  const exact = await write(`exact-${provider}`, whole.bytes);
  expect(exact).toEqual(whole);
  const short = await write(`short-${provider}`, whole.bytes - 1);
  expect(short.requests).toEqual([5, 1]);
  expect(short.bytes).toBeLessThan(whole.bytes);
});

test.for(NAMES)(
  "%s: an item larger than a batch is refused at exactly one byte too many",
  async (provider) => {
    const size = async (job: string) => {
      const writer = writerOf(job, specOf(provider), formatOf(provider));
      await writer.add(entry(1, "a"), item("日本".repeat(100)));
      await writer.finish();
      return (await headObject(requestKey(job, 1, 1)))?.bytes ?? 0;
    };
    const bytes = await size(`one-${provider}`);
    const at = (max_bytes: number) =>
      writerOf(`one-at-${max_bytes}-${provider}`, specOf(provider), limited(provider, { max_bytes }));
    const fits = at(bytes);
    await fits.add(entry(1, "a"), item("日本".repeat(100)));
    expect(await finish(fits)).toEqual([1]);
    const refused = at(bytes - 1);
    expect(() => refused.add(entry(1, "a"), item("日本".repeat(100)))).toThrow(
      "the provider's limit for a batch is",
    );
    await refused.add(entry(2, "b"), item("small"));
    expect(await finish(refused)).toEqual([1]);
  },
);

test("a smaller maximum of the job's cuts batches, and an item above it goes alone", async () => {
  const writer = writerOf("soft", specOf("openai"), formatOf("openai"), 300);
  for (const [at, length] of [10, 10, 1000, 10, 10].entries())
    await writer.add(entry(at + 1, `${at}`), item("x".repeat(length)));
  expect(await finish(writer)).toEqual([1, 1, 1, 1, 1]);
  const wider = writerOf("wider", specOf("openai"), formatOf("openai"), 500);
  for (const [at, length] of [10, 10, 1000, 10, 10].entries())
    await wider.add(entry(at + 1, `${at}`), item("x".repeat(length)));
  expect(await finish(wider)).toEqual([2, 1, 2]);
});

test("invalid lines are in the index only, in their position", async () => {
  const writer = writerOf("invalid", specOf("openai"), limited("openai", { max_requests: 1 }));
  await writer.addInvalid(entry(1, ""), "line 1: no");
  await writer.add(entry(2, "two"), item("two"));
  await writer.addInvalid(entry(3, "\u2028\n"), "line 3: no");
  await writer.add(entry(4, "four"), item("four"));
  expect(await finish(writer)).toEqual([1, 1]);
  const index = async (batch: number) =>
    (await objectBytes(indexKey("invalid", batch)))
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  expect(await index(1)).toEqual([
    [1, "", "line 1: no"],
    [2, "two", null, "[user] two"],
    [3, "\u2028\n", "line 3: no"],
  ]);
  expect(await index(2)).toEqual([[4, "four", null, "[user] four"]]);
  expect(await messagesIn("openai", "invalid", 1)).toHaveLength(1);
});

test("the index has the prompts of all lines that a report may sample, and of few others", async () => {
  const writer = writerOf("sampled", specOf("openai"), formatOf("openai"));
  const lines = Array.from({ length: 3000 }, (_, at) => at + 1);
  for (const line of lines) await writer.add(entry(line, `${line}`), item(`message ${line}`));
  await writer.finish();
  const text = (await objectBytes(indexKey("sampled", 1))).toString();
  const prompts = new Map(
    text
      .trimEnd()
      .split("\n")
      .map((line) => parseEntry(Buffer.from(line)))
      .map(([line, , , , prompt]) => [line, prompt]),
  );
  const kept = lines.filter((line) => prompts.get(line) === `[user] message ${line}`);
  for (const total of [3000, 10_000])
    expect(kept).toEqual(expect.arrayContaining(lines.filter((line) => isSampled(line, total))));
  expect(kept.length).toBeLessThan(1200);
  expect(lines.filter((line) => prompts.get(line) === undefined)).toHaveLength(3000 - kept.length);
});

test("embedding inputs are counted, not requests", async () => {
  const spec = JobSpec.parse({ provider: "openai", model: "m", endpoint: "/v1/embeddings" });
  const line = (input: unknown): RequestSource => ({
    kind: "native",
    line: { custom_id: "x", method: "POST", url: spec.endpoint, body: { model: "m", input } },
  });
  const writer = writerOf("weights", spec, limited("openai", { max_requests: 4 }));
  for (const [at, input] of [["a", "b"], ["c", "d"], "e", [1, 2, 3, 4, 5, 6]].entries()) {
    await writer.add(entry(at + 1, `${at}`), line(input));
  }
  expect(() => writer.add(entry(5, "5"), line(["1", "2", "3", "4", "5"]))).toThrow("5 inputs in one request");
  expect(await finish(writer)).toEqual([2, 2]);
});

test("what is given up leaves nothing behind", async () => {
  const writer = writerOf("given-up", specOf("openai"), formatOf("openai"));
  await writer.add(entry(1, "a"), item("a"));
  await writer.abort();
  expect(await headObject(requestKey("given-up", 1, 1))).toBeNull();
  expect(await headObject(indexKey("given-up", 1))).toBeNull();
});
