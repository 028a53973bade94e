import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import { estimatedTokens } from "../../../../shared/money/token-estimate.ts";
import { TokenSample } from "../../../../shared/money/token-sample.ts";

const bodyOf = (content: string) => ({ model: "m", messages: [{ role: "user", content }] });

/** What is estimated for so many requests of the text, by a sample of them. */
async function estimated(content: string, requests = 100): Promise<number> {
  const sample = new TokenSample();
  const bytes = Buffer.byteLength(JSON.stringify(content)) + 120;
  for (let n = 0; n < requests; n++) await sample.pass(() => bodyOf(content), bytes);
  return estimatedTokens(bytes, 1, sample.bytesPerToken);
}

test.each([
  ["English", "The quick brown fox jumps over the lazy dog. "],
  ["Russian", "Съешь же ещё этих мягких французских булок. "],
  ["numbers", "8471 2093 5518 7740 "],
  ["JSON", '{"id":12,"tags":["a","b"],"price":4.5},'],
])("%s: within a tenth of what the tokenizer counts of the whole", async (_, text) => {
  const tokens = countTokens(text.repeat(50));
  expect(Math.abs((await estimated(text.repeat(50))) - tokens) / tokens).toBeLessThan(0.1);
});

test("bytes ÷ 4, which it replaces, is far off for Russian and for numbers", () => {
  for (const text of ["Съешь же ещё этих мягких французских булок. ", "8471 2093 5518 7740 "]) {
    const whole = text.repeat(50);
    const ratio = estimatedTokens(Buffer.byteLength(whole) + 120, 1) / countTokens(whole);
    expect(Math.abs(ratio - 1)).toBeGreaterThan(0.3);
  }
});

test("some 200 of 100,000 requests are counted, the same ones wherever a run stopped", () => {
  const counted = (state?: TokenSample["state"], requests = 100_000) => {
    const sample = new TokenSample(state);
    let count = 0;
    for (let n = 0; n < requests; n++) if (sample.pass(() => bodyOf(""), 10)) count++;
    return { count, state: sample.state };
  };
  const whole = counted();
  expect(whole.count).toBeGreaterThan(150);
  expect(whole.count).toBeLessThan(300);
  const first = counted(undefined, 777);
  expect(first.count + counted(first.state, 100_000 - 777).count).toBe(whole.count);
});

test("a long run without spaces, and special tokens, are counted without harm", async () => {
  expect(await estimated(`<|endoftext|>${"a".repeat(200_000)}`, 1)).toBeGreaterThan(10_000);
});

test("a sample of nothing says nothing", () => {
  expect(new TokenSample().bytesPerToken).toBeUndefined();
});
