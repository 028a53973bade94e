/**
 * Prompt tokens of requests, estimated from their bytes: counting them takes each model's own tokenizer and a hundred
 * times as long. `token-sample.ts` finds the bytes per token of a job's own text. Without it, these
 * numbers are used. docs/operations.md compares the estimate with a real tokenizer.
 */

/** Bytes that make about one token, in most languages and in code; numbers and dense JSON have more tokens. */
const BYTES_PER_TOKEN = 4;
/** Bytes of a request that are no prompt: ids, address, names of fields, settings. OpenAI's are 160, Anthropic's 100. */
export const ENVELOPE_BYTES = 120;

/** Prompt tokens of so many requests that have so many bytes together. */
export function estimatedTokens(bytes: number, requests: number, bytesPerToken = BYTES_PER_TOKEN): number {
  return Math.ceil(Math.max(requests, (bytes - requests * ENVELOPE_BYTES) / bytesPerToken));
}

/** Bytes of requests that are estimated at no more than so many tokens, however few requests they are. */
export function bytesOfTokens(tokens: number): number {
  return tokens * BYTES_PER_TOKEN;
}
