/** Holds what a job costs at most against `max_cost_usd`, before anything is sent. */
import { InvalidJobError } from "../../shared/errors.ts";
import { addQuotes, mostOf, type Quote, unpricedText } from "../../shared/money/quote.ts";

/** Made when it is needed: to load the rules of a language takes 6 ms of CPU. */
const grouped = (count: number): string => count.toLocaleString("en-US");

/**
 * @param max_cost_usd the job's cap, if it has one
 * @throws InvalidJobError when the job may cost more, or when its highest cost cannot be calculated
 */
export function checkCost(batches: readonly Quote[], max_cost_usd: number | undefined): void {
  if (max_cost_usd === undefined) return;
  const quote = addQuotes(batches);
  const unpriced = unpricedText(quote);
  if (unpriced !== null)
    throw new InvalidJobError(
      `max_cost_usd: ${unpriced}, or leave max_cost_usd out; the cost cannot be capped, and nothing was sent`,
    );
  if (quote.unseen) {
    const things = Object.entries(quote.unseen).map(([kind, count]) => `${grouped(count)} × ${kind}`);
    const example = Object.keys(quote.unseen).map((kind) => `"${kind}": 2000`);
    throw new InvalidJobError(
      `max_cost_usd: requests point to what cannot be counted before it is sent (${things.join(", ")}), so the cost cannot be capped; nothing was sent. Give the tokens that each may have, allowances {${example.join(", ")}}, or leave max_cost_usd out`,
    );
  }
  if (quote.unlimited > 0) {
    throw new InvalidJobError(
      `max_cost_usd: ${grouped(quote.unlimited)} of ${grouped(quote.requests)} requests do not limit their output tokens, so the cost cannot be capped; nothing was sent. Give each of them a limit (max_tokens), or leave max_cost_usd out`,
    );
  }
  const { prompt_tokens, completion_tokens, cost_usd, real_time_usd } = mostOf(quote);
  if (cost_usd === null || cost_usd <= max_cost_usd) return;
  throw new InvalidJobError(
    `max_cost_usd is ${max_cost_usd}, and the job may cost ${cost_usd.toPrecision(4)} US dollars: about ${grouped(prompt_tokens)} tokens of input and at most ${grouped(completion_tokens)} of output, at ${cost_usd === real_time_usd ? "real-time" : "batch"} prices; nothing was sent. Lower max_tokens, raise max_cost_usd, or send fewer items`,
  );
}
