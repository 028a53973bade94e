import { afterEach, describe, expect, test, vi } from "vitest";
import { parseLine, parseObject } from "../../../functions/prepare-job/input-line.ts";
import { metadataSettings, resolveSpec } from "../../../functions/prepare-job/job-spec.ts";
import { Bill, JobSpec } from "../../../shared/models.ts";
import { chargeFor } from "../../../shared/money/prices.ts";
import { receiptOf } from "../../../shared/money/receipt.ts";
import { addToBill, emptyBill, NO_CHARGE } from "../../../shared/money/sums.ts";
import { anthropicOutcome } from "../../../shared/providers/anthropic/answers.ts";
import { formatOf } from "../../../shared/providers/formats.ts";
import { openaiOutcome } from "../../../shared/providers/openai/answers.ts";
import { toProviderBatch } from "../../../shared/providers/openai/batch.ts";
import type { BatchRecord } from "../../../shared/records/batch-record.ts";
import { RoundBill } from "../../../shared/round/round-bill.ts";
import { readOutcome } from "./providers/read-outcome.ts";

/** Names that every object has. */
const INHERITED = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];
const spec = JobSpec.parse({ provider: "anthropic", model: "claude-haiku-4-5" });
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

afterEach(() => {
  vi.unstubAllEnvs();
  expect(Object.keys(Object.prototype)).toEqual([]);
});

describe.each(INHERITED)("a model called %s", (model) => {
  test("is refused in a job, in a line and in a native line", () => {
    expect(() => resolveSpec([{ from: "flags", settings: { provider: "openai", model } }])).toThrow(
      "model (from flags): this is not the name of a model",
    );
    const line = Buffer.from(`{"custom_id":"2","user_message":"hi","model":"${model}"}`);
    const parsed = parseObject(line);
    if (!("object" in parsed)) throw new Error(parsed.problem);
    expect(parseLine(parsed, spec)).toEqual({
      custom_id: "2",
      problem: "model: this is not the name of a model",
    });
    const native = {
      custom_id: "1",
      params: { model, max_tokens: 1, messages: [{ role: "user", content: "" }] },
    };
    expect(() => formatOf("anthropic").body({ kind: "native", line: native }, spec)).toThrow(
      "is not the name of a model",
    );
  });

  test("in an answer is billed as the job's model", () => {
    const outcome = readOutcome(anthropicOutcome, {
      custom_id: "a",
      result: {
        type: "succeeded",
        message: {
          model,
          content: [{ type: "text", text: "yes" }],
          usage: { input_tokens: 10, output_tokens: 5 },
        },
      },
    });
    const roundBill = new RoundBill({ provider: "anthropic", model: "claude-haiku-4-5" } as BatchRecord);
    roundBill.add(1, outcome);
    expect(Object.keys(roundBill.bill)).toEqual(["claude-haiku-4-5"]);
    expect(receiptOf([roundBill.bill])).toMatchObject(usage);
  });

  test("in a bill changes no other object", () => {
    const bill = emptyBill();
    addToBill(bill, model, { ...NO_CHARGE, ...usage });
    addToBill(bill, model, { ...NO_CHARGE, ...usage });
    expect(receiptOf([bill])).toMatchObject({ total_tokens: 30 });
    addToBill(Bill.parse({ x: { ...NO_CHARGE } }), model, { ...NO_CHARGE, ...usage });
  });

  test("has no price", () => {
    vi.stubEnv("MODEL_PRICES", '{"openai":{"mine":{"input_mtok":1}}}');
    expect(chargeFor("openai", model, usage)).toMatchObject({ cost_usd: null });
  });
});

test.each(INHERITED)("%s as a word of the provider is one that is not known", (word) => {
  const chat = { choices: [{ finish_reason: word, message: { content: "yes" } }], usage };
  expect(
    readOutcome(openaiOutcome, { custom_id: "a", response: { status_code: 200, body: chat } }),
  ).toMatchObject({
    status: "succeeded",
    response: { finish_reason: "stop" },
  });
  expect(readOutcome(openaiOutcome, { custom_id: "a", error: { code: word } })).toMatchObject({
    status: "failed",
    error: word,
  });
  const message = { stop_reason: word, content: [{ type: "text", text: "yes" }] };
  expect(
    readOutcome(anthropicOutcome, { custom_id: "a", result: { type: "succeeded", message } }),
  ).toMatchObject({
    response: { finish_reason: "stop" },
  });
  expect(toProviderBatch({ id: "b", status: word, created_at: 1 })).toMatchObject({ status: "in_progress" });
});

test.each(INHERITED)("%s as a setting is unknown", (name) => {
  const text = `{"provider":"openai","model":"m","${name}":{"max_rounds":9}}`;
  expect(() => resolveSpec([{ from: "line 1", settings: JSON.parse(text) }])).toThrow(
    `${name} (from line 1): unknown setting`,
  );
  const metadata = JSON.parse(`{"provider":"openai","model":"m","${name}":"5"}`);
  // Metadata that is no setting is passed over.
  expect(Object.entries(metadataSettings(metadata))).toEqual([
    ["provider", "openai"],
    ["model", "m"],
  ]);
});
