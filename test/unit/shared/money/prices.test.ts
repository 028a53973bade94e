import { calcPrice } from "@pydantic/genai-prices";
import { afterEach, expect, test, vi } from "vitest";
import project from "../../../../package.json" with { type: "json" };
import { chargeFor } from "../../../../shared/money/prices.ts";
import { ENV } from "../../../../shared/names.ts";

afterEach(() => vi.unstubAllEnvs());

const usage = { prompt_tokens: 1_000_000, completion_tokens: 100_000, total_tokens: 1_100_000 };

test("a batch costs half of real time, at both providers", () => {
  expect(chargeFor("openai", "gpt-4.1-mini", usage)).toEqual({
    ...usage,
    cost_usd: 0.28,
    real_time_usd: 0.56,
  });
  expect(chargeFor("anthropic", "claude-haiku-4-5", usage)).toMatchObject({
    cost_usd: 0.75,
    real_time_usd: 1.5,
  });
});

test.each([
  ["openai", "gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"],
  ["anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5"],
] as const)("%s: the snapshot %s costs what %s costs", (provider, snapshot, model) => {
  expect(chargeFor(provider, snapshot, usage)).toEqual(chargeFor(provider, model, usage));
});

test.each(["ft:gpt-4.1-mini-2025-04-14:acme::abc", "gpt-4.1-mini-of-my-own", "claude-haiku-4-5"])(
  "%s is not in OpenAI's list: no price, never 0",
  (model) => {
    expect(chargeFor("openai", model, usage)).toEqual({ ...usage, cost_usd: null, real_time_usd: null });
  },
);

test.each([
  ["openai", "gpt-4.1-mini", 300_000],
  ["openai", "gpt-5.6", 271_999],
  ["openai", "gpt-5.6", 272_000],
  ["anthropic", "claude-sonnet-4-5", 200_000],
  ["anthropic", "claude-sonnet-4-5", 200_001],
] as const)("%s %s, a prompt of %i tokens: as the list's own calculator says", (provider, model, prompt) => {
  const answer = { prompt_tokens: prompt, completion_tokens: 500, total_tokens: prompt + 500 };
  const cached = { cached_tokens: 1_000, cache_write_tokens: 300, cache_write_1h_tokens: 200 };
  const ours = chargeFor(provider, model, { ...answer, ...(provider === "anthropic" ? cached : {}) });
  const theirs = calcPrice(
    {
      input_tokens: prompt,
      output_tokens: 500,
      ...(provider === "anthropic" && {
        cache_read_tokens: 1_000,
        cache_write_tokens: 300,
        cache_write_1h_tokens: 200,
      }),
    },
    model,
    { providerId: provider },
  );
  expect(ours.real_time_usd).toBeCloseTo(theirs?.total_price ?? Number.NaN, 12);
});

test("MODEL_PRICES comes before the list, and is refused by name when it cannot be read", () => {
  const mine = { openai: { "ft:of-my-own": { input_mtok: 1, output_mtok: 2 } } };
  vi.stubEnv(ENV.modelPrices, JSON.stringify(mine));
  expect(chargeFor("openai", "ft:of-my-own", usage)).toMatchObject({ cost_usd: 0.6, real_time_usd: 1.2 });
  expect(chargeFor("anthropic", "ft:of-my-own", usage).cost_usd).toBeNull();
  vi.stubEnv(ENV.modelPrices, '{"openai":{"m":{"input":1}}}');
  expect(() => chargeFor("openai", "another", usage)).toThrow(
    /^MODEL_PRICES: openai\.m: unknown field "input"/,
  );
});

test("embeddings have input only", () => {
  const embedded = { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 };
  expect(chargeFor("openai", "text-embedding-3-small", embedded)).toMatchObject({ cost_usd: 0.01 });
});

test("another version of the price list has another date: see PRICES_DATE", () => {
  expect(project.devDependencies["@pydantic/genai-prices"]).toBe("0.1.8");
});
