/** Takes a drawn batch through the code that takes real ones, from input lines to rows and bill, without a network. */
import assert from "node:assert/strict";
import { RowJoiner } from "../../functions/collect-results/join-rows.ts";
import { type BatchFile, BatchWriter } from "../../functions/prepare-job/batch-writer.ts";
import { atStart } from "../../functions/prepare-job/cursor.ts";
import { cutInput } from "../../functions/prepare-job/cut-input.ts";
import { MAX_DEPTH, onOneLine } from "../../shared/json/source.ts";
import { BatchResult, JobSpec } from "../../shared/models.ts";
import { receiptOf } from "../../shared/money/receipt.ts";
import { itemsIn } from "../../shared/money/sums.ts";
import { type IndexEntry, parseEntry } from "../../shared/objects/index-line.ts";
import { indexKey, requestKey, tagOf, wireId } from "../../shared/objects/keys.ts";
import { anthropicOutcome } from "../../shared/providers/anthropic/answers.ts";
import { bedrockOutcome } from "../../shared/providers/bedrock/answers.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import { geminiOutcome } from "../../shared/providers/gemini/answers.ts";
import { openaiOutcome } from "../../shared/providers/openai/answers.ts";
import { firstPlace } from "../../shared/providers/provider.ts";
import { type OutcomeOf, resultLines } from "../../shared/providers/wire/result-lines.ts";
import { BatchRecord } from "../../shared/records/batch-record.ts";
import { noAnswers, takeOutcome } from "../../shared/round/answers.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";
import { type InputReader, MAX_LINE_BYTES } from "../../shared/streams/reader.ts";
import type { Utf8Text } from "../../shared/streams/utf8-text.ts";
import type { DrawnBatch, FuzzedProvider } from "./drawn-batch.ts";
import type { DrawnAnswer } from "./drawn-values.ts";

const JOB = "fuzz";
const TAG = tagOf(JOB, 1, 1);
const OUTCOMES: Record<FuzzedProvider, OutcomeOf> = {
  openai: openaiOutcome,
  anthropic: anthropicOutcome,
  gemini: geminiOutcome,
  bedrock: bedrockOutcome,
  mistral: openaiOutcome,
};
const SPECS: Record<FuzzedProvider, JobSpec> = {
  openai: JobSpec.parse({ provider: "openai", model: "gpt-4.1-mini" }),
  anthropic: JobSpec.parse({ provider: "anthropic", model: "claude-haiku-4-5" }),
  gemini: JobSpec.parse({ provider: "gemini", model: "gemini-2.5-flash" }),
  bedrock: JobSpec.parse({ provider: "bedrock", model: "amazon.nova-lite-v1:0" }),
  mistral: JobSpec.parse({ provider: "mistral", model: "mistral-small-latest" }),
};

/** A file in memory. */
class MemoryFile implements BatchFile {
  bytes = 0;
  text = "";
  write(text: string | Utf8Text): undefined {
    this.text += text;
    this.bytes += Buffer.byteLength(String(text));
  }
  async close(): Promise<void> {}
  async abort(): Promise<void> {}
}

/** @throws AssertionError when a row is missing, is not what it must be, or the bill is wrong */
export async function checkBatch(provider: FuzzedProvider, drawn: DrawnBatch): Promise<void> {
  const spec = SPECS[provider];
  const files = new Map<string, MemoryFile>();
  const open = (key: string) => {
    const file = new MemoryFile();
    files.set(key, file);
    return file;
  };
  const writer = new BatchWriter({ job_id: JOB, spec, format: formatOf(provider), open });
  const input = drawn.items.map(({ line }) => `${line.text}\n`).join("");
  await cutInput(
    linesReader(() => pieces(input, drawn.pieceBytes)),
    atStart(),
    {
      spec,
      header: 0,
      writer,
      shouldPause: () => false,
    },
  );
  await writer.finish();
  const index = (files.get(indexKey(JOB, 1))?.text ?? "").split("\n").slice(0, -1);
  const entries = index.map((line) => parseEntry(Buffer.from(line)));
  const sent = checkRequests(drawn, entries, files.get(requestKey(JOB, 1, 1))?.text ?? "");
  await checkAnswers(provider, drawn, entries, sent);
  assert.deepEqual(Object.keys(Object.prototype), []);
}

/** Reads an input as JSONL, whatever its first bytes look like. */
function linesReader(open: () => AsyncIterable<Uint8Array>): InputReader {
  return {
    source: { name: "drawn", bytes: 0, open },
    kind: { shape: "jsonl", packing: "plain", encoding: "utf-8", delimiter: ",", skip: 0 },
    unit: "line",
    columns: null,
    rows: (from) => splitLines(open(), MAX_LINE_BYTES, from),
  };
}

/** Holds the index and the request file against what was drawn. @returns the lines that were sent */
function checkRequests(drawn: DrawnBatch, entries: IndexEntry[], requests: string): Set<number> {
  assert.deepEqual(
    entries.map(([line]) => line),
    drawn.items.map((_, place) => place + 1),
    "one entry for every line",
  );
  const byLine = new Map<number, string>();
  for (const text of requests.split("\n")) {
    const line = new RegExp(`^\\{"(?:custom_id|key|recordId)":"${TAG}-(\\d+)",`).exec(text)?.[1];
    if (line === undefined) continue;
    JSON.parse(text.replace(/,$/, ""));
    byLine.set(Number(line), text);
  }
  for (const [place, { line }] of drawn.items.entries()) {
    const [number, custom_id, error] = entries[place] as IndexEntry;
    const request = byLine.get(number);
    if (error === undefined || custom_id !== "") assert.equal(custom_id, line.custom_id);
    assert.equal(request === undefined, error !== undefined, "a line is sent or has an error");
    if (line.valid !== undefined) assert.equal(error === undefined, line.valid, error);
    if (line.body !== undefined && request)
      assert.ok(request.includes(onOneLine(line.body)), "the body as it was written");
  }
  return new Set(byLine.keys());
}

async function checkAnswers(
  provider: FuzzedProvider,
  drawn: DrawnBatch,
  entries: IndexEntry[],
  sent: ReadonlySet<number>,
): Promise<void> {
  const given = drawn.items.flatMap(({ answers, order }, place) =>
    sent.has(place + 1)
      ? answers.map((answer, nth) => ({ line: place + 1, answer, order: order + nth * 500 }))
      : [],
  );
  const ordered = given.toSorted((a, b) => a.order - b.order);
  const all = [
    ...ordered.map(({ line, answer, order }) => ({
      order,
      text: answer.text.replace('"ID"', JSON.stringify(wireId(TAG, line))),
    })),
    ...drawn.noise,
  ].toSorted((a, b) => a.order - b.order);
  const results = all.map(({ text }) => `${text}\n`).join("");

  const record = BatchRecord.parse({
    ...{ job_id: JOB, batch: 1, round: 1, tag: TAG, provider, model: SPECS[provider].model },
    ...{ status: "completed", created_at: 1, attempt: 1, intent_at: 1, request_count: sent.size, raw: null },
  });
  const answers = noAnswers(record, entries.length);
  try {
    const file = {
      number: 0,
      open: async () => new Response(ReadableStream.from(pieces(results, drawn.pieceBytes))),
      call: { provider, what: "reading results" },
    };
    for await (const outcomes of resultLines(file as never, OUTCOMES[provider], firstPlace())) {
      for (const outcome of outcomes) takeOutcome(answers, outcome, TAG);
    }
    const joiner = new RowJoiner(record, answers, { fresh: new Set(), again: new Set() });
    const rows = entries.map((entry) => {
      const row = joiner.row(entry);
      assert.ok(row);
      return row.head + (row.tail?.toString("utf8") ?? "");
    });
    for (const [place, row] of rows.entries()) {
      checkRow(
        row,
        entries[place] as IndexEntry,
        ordered.filter(({ line }) => line === place + 1).map(({ answer }) => answer),
      );
    }
    assert.equal(itemsIn(joiner.counts), entries.length, "every line is counted once");
    checkBill(answers.roundBill.bill, ordered);
  } finally {
    answers.spool.close();
  }
}

function checkRow(row: string, [line, custom_id, invalid]: IndexEntry, given: DrawnAnswer[]): void {
  assert.ok(!/[\r\n]/.test(row), "a row is one line");
  const result = BatchResult.parse(JSON.parse(row));
  JSON.stringify(result);
  assert.ok(depthOf(row) <= MAX_DEPTH + 5, "a row is not deep");
  assert.equal(result.line, line);
  assert.equal(result.custom_id, custom_id);
  assert.equal(result.status === "succeeded", result.error === null && result.response !== null);
  if (invalid !== undefined) assert.equal(result.status, "invalid");
  else if (given.length === 0) assert.equal(result.status, "failed");
  else if (given.every(({ status }) => status !== undefined)) {
    const chosen = given.find(({ status }) => status === "succeeded") ?? given[0];
    assert.equal(result.status, chosen?.status);
    if (chosen?.content !== undefined) assert.equal(result.response?.content, chosen.content);
    if (chosen?.verbatim !== undefined && !chosen.verbatim.includes("\r")) {
      assert.ok(row.includes(chosen.verbatim), "what came is what is written");
    }
  }
}

/** What the provider bills is the first answer to each line that has tokens. */
function checkBill(
  bill: BatchRecord["billed"] & object,
  ordered: { line: number; answer: DrawnAnswer }[],
): void {
  const billed = new Map<number, { prompt: number; completion: number }>();
  for (const { line, answer } of ordered)
    if (answer.billed && !billed.has(line)) billed.set(line, answer.billed);
  const receipt = receiptOf([bill]);
  const sum = (kind: "prompt" | "completion") =>
    [...billed.values()].reduce((total, tokens) => total + tokens[kind], 0);
  assert.equal(receipt.prompt_tokens, sum("prompt"), "prompt tokens in the bill");
  assert.equal(receipt.completion_tokens, sum("completion"), "completion tokens in the bill");
}

function depthOf(text: string): number {
  const plain = text.replace(/"(?:[^"\\]|\\.)*"/g, "");
  let depth = 0;
  let most = 0;
  for (const char of plain) {
    if (char === "{" || char === "[") most = Math.max(most, ++depth);
    else if (char === "}" || char === "]") depth--;
  }
  return most;
}

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  // Tiny pieces of long texts would only cost time.
  const step = Math.max(size, Math.ceil(bytes.length / 20));
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}
