/** Asks one item in real time, with retries of our own that are counted. */
import { setTimeout as sleep } from "node:timers/promises";
import { ProviderRejectedError, ProviderUnavailableError } from "../errors.ts";
import { memberOf } from "../json/source.ts";
import { BODY_KEYS } from "./formats.ts";
import type { Pacer, Turn, TurnEnd } from "./pacer.ts";
import type { ItemAnswer, ItemOutcome, JsonText, NowRequest, Provider } from "./provider.ts";
import { ANSWER_TIMEOUT } from "./wire/answer-now.ts";
import type { AnswerHeaders } from "./wire/http.ts";
import { rateLimitsIn } from "./wire/rate-limits.ts";

/** What tries have cost beside the outcome that counts. */
export interface SpentNow {
  /** Tries whose answer broke off: nobody knows whether they were billed. */
  unknown: number;
  /** Answers before the last outcome, which were paid as well. */
  paid: PaidAnswer[];
}

/** What came of an item. */
export interface AskedNow extends SpentNow {
  /** The last outcome; null when no try had a usable answer. */
  outcome: ItemOutcome | null;
  /** Why there is no answer worth keeping; null when there is one. */
  error: string | null;
  /** Whether the same request may be answered another time. */
  retryable: boolean;
  tries: number;
}

/** The text of the body in a request of a batch, as it stands there. What stands between two requests may be before it. */
export function bodyTextOf(request: string): JsonText {
  const start = request.indexOf("{");
  const body = BODY_KEYS.map((name) => memberOf(request, name, start)).find(Boolean);
  if (!body) throw new Error("a request has no body");
  return request.slice(body.start, body.end);
}

/** An answer as far as it costs. */
export interface PaidAnswer {
  response: Pick<ItemAnswer, "usage">;
  model?: string | undefined;
}

/** Waits between two tries, in seconds, where the provider asks for none. */
const BACKOFF: readonly number[] = [1, 4, 15];
/** Longest wait that a provider may ask for, in seconds: a person waits. */
const LONGEST_WAIT = 60;

/** A provider that answers in real time. */
export type NowProvider = Pick<Provider, "answerNow">;

/** How an item is asked. */
export interface AskSettings {
  /** Seconds between two tries. */
  backoff?: readonly number[];
  /** Gives the turns, and waits out refusals for all: these are then no tries. */
  pacer?: Pacer;
  /** Tokens that the provider may count for a request. */
  tokens?: number;
  /** The turn of the first try, where the caller has waited for it. */
  turn?: Turn;
  /** Asked after a try that was paid, or may have been: whether the item may cost as much once more. */
  again?: () => boolean;
  /** Keeps what the tries so far have cost, before the next one: what then comes of the item does not have it. */
  keep?: (cost: SpentNow) => Promise<void>;
}

/**
 * Asks until there is an answer that the same request will not change, at most four times.
 * @param signal one limit over everything
 * @throws ProviderAuthError when the key is refused, as it would be for every item; NoRateError by the pacer; the
 * signal's reason when it is aborted; what `keep` throws
 */
export async function askNow(
  provider: NowProvider,
  request: NowRequest,
  signal: AbortSignal,
  { backoff = BACKOFF, pacer, tokens = 0, turn: first, again, keep }: AskSettings = {},
): Promise<AskedNow> {
  const asked: AskedNow = { outcome: null, error: null, retryable: true, tries: 0, unknown: 0, paid: [] };
  for (let turn = first; ; turn = undefined) {
    turn ??= await pacer?.turn(tokens, signal);
    let wait = backoff[asked.tries];
    asked.tries++;
    let end: TurnEnd = "failed";
    let retryAfter: number | undefined;
    let costs = false;
    try {
      const learn = turn && pacer && ((headers: AnswerHeaders) => pacer.learn(turn, rateLimitsIn(headers)));
      const outcome = await within(ANSWER_TIMEOUT, signal, (limit) =>
        provider.answerNow(request, limit, learn),
      );
      end = "answered";
      costs = true;
      asked.outcome = outcome;
      asked.error = outcome.error;
      asked.retryable = outcome.retryable;
      if (!outcome.retryable) return asked;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProviderUnavailableError || error instanceof ProviderRejectedError)) throw error;
      asked.outcome = null;
      asked.error = error.message;
      asked.retryable = error instanceof ProviderUnavailableError;
      if (error instanceof ProviderRejectedError) return asked;
      costs = error.ambiguous;
      if (costs) asked.unknown++;
      retryAfter = error.retryAfterSeconds;
      if (error.rateLimited) end = "limited";
      wait = wait === undefined ? undefined : (retryAfter ?? wait);
    } finally {
      if (turn) pacer?.done(turn, end, retryAfter);
    }
    if (pacer && end === "limited") {
      asked.tries--;
      continue;
    }
    if (wait === undefined || wait > LONGEST_WAIT) return asked;
    if (costs && again && !again()) return asked;
    if (asked.outcome?.response) asked.paid.push(paidOf(asked.outcome, asked.outcome.response));
    asked.outcome = null;
    if (costs && keep) {
      const { paid, unknown } = asked;
      Object.assign(asked, { paid: [], unknown: 0 });
      await keep({ paid, unknown });
    }
    await sleep(wait * 1000, undefined, { signal });
  }
}

/** Runs with a signal that ends after so many milliseconds, or with `signal`. `AbortSignal.any` costs as much as a request. */
async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  run: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const end = () => limit.abort(signal.aborted ? signal.reason : new Error("the answer took too long"));
  const timer = setTimeout(end, milliseconds);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  try {
    return await run(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

function paidOf({ model }: ItemOutcome, { usage }: ItemAnswer): PaidAnswer {
  return { response: { usage }, model };
}
