import { expect, test } from "vitest";
import { JobSpec } from "../../../../shared/models.ts";
import { addQuotes, emptyQuote, mostOf } from "../../../../shared/money/quote.ts";
import { estimatedTokens } from "../../../../shared/money/token-estimate.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";
import { quoteRequest, requestCost } from "../../../../shared/providers/quote-request.ts";

const spec = JobSpec.parse({ provider: "openai", model: "gpt-4.1-mini" });
const format = formatOf("openai");

/** A quote of one request of 4,120 bytes: about 1,000 tokens. */
function quoteOf(body: Record<string, unknown>, job = spec) {
  const quote = emptyQuote();
  quoteRequest(quote, requestCost(formatOf(job.provider), body, job), 4_120, job);
  return quote;
}

test("input is estimated from bytes, output is what the request allows", () => {
  const quote = quoteOf({ model: "gpt-4.1-mini", max_completion_tokens: 100 });
  expect(quote).toMatchObject({ requests: 1, unlimited: 0 });
  expect(quote.input["gpt-4.1-mini"]).toMatchObject({ prompt_tokens: 1_000, completion_tokens: 0 });
  expect(mostOf(quote)).toMatchObject({ prompt_tokens: 1_000, completion_tokens: 100 });
  expect(mostOf(quote).cost_usd).toBeCloseTo(0.00028, 12);
});

test("a request without a limit has no most", () => {
  const quote = addQuotes([
    quoteOf({ model: "gpt-4.1-mini", max_tokens: 5, n: 2 }),
    quoteOf({ model: "gpt-4.1-mini" }),
  ]);
  expect(quote).toMatchObject({ requests: 2, unlimited: 1 });
  expect(mostOf(quote)).toMatchObject({ prompt_tokens: 2_000, completion_tokens: 10, cost_usd: null });
  expect(quote.input["gpt-4.1-mini"]?.cost_usd).toBeCloseTo(0.0004, 12);
});

test("models are distinguished; one without a price leaves the sum unknown", () => {
  const job = JobSpec.parse({ provider: "anthropic", model: "claude-haiku-4-5" });
  const quote = addQuotes([
    quoteOf({ model: "claude-haiku-4-5", max_tokens: 100 }, job),
    quoteOf({ model: "claude-of-tomorrow", max_tokens: 100 }, job),
  ]);
  expect(quote.most["claude-haiku-4-5"]?.cost_usd).toBeCloseTo(0.00075, 12);
  expect(quote.most["claude-of-tomorrow"]?.cost_usd).toBeNull();
  expect(mostOf(quote)).toMatchObject({ prompt_tokens: 2_000, cost_usd: null });
});

test.each([
  ["/v1/chat/completions", { max_completion_tokens: 7, max_tokens: 9 }, 7],
  ["/v1/chat/completions", { max_tokens: 9, n: 3 }, 27],
  ["/v1/responses", { max_output_tokens: 7 }, 7],
  ["/v1/responses", { max_tokens: 7 }, null],
  ["/v1/embeddings", {}, 0],
] as const)("%s %o allows %s tokens of output", (endpoint, body, most) => {
  expect(format.mostOutput(body, { ...spec, endpoint })).toBe(most);
});

test("no request is less than a token", () => {
  expect(estimatedTokens(10, 3)).toBe(3);
});
