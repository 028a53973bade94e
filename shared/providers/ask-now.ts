/** Asks one item in real time, with retries of our own that are counted. */
import { setTimeout as sleep } from "node:timers/promises";
import { ProviderRejectedError, ProviderUnavailableError } from "../errors.ts";
import type { ItemOutcome, NowRequest, Provider } from "./provider.ts";
import { ANSWER_TIMEOUT } from "./wire/answer-now.ts";

/** What came of an item. */
export interface AskedNow {
  /** The last outcome; null when no try had a usable answer. */
  outcome: ItemOutcome | null;
  /** Why there is no answer worth keeping; null when there is one. */
  error: string | null;
  tries: number;
  /** Tries whose answer broke off: nobody knows whether they were billed. */
  unknown: number;
}

/** Waits between two tries, in seconds, where the provider asks for none. */
const BACKOFF: readonly number[] = [1, 4, 15];
/** Longest wait that a provider may ask for, in seconds: a person waits. */
const LONGEST_WAIT = 60;

/** A provider that answers in real time. */
export type NowProvider = Pick<Required<Provider>, "answerNow">;

/**
 * Asks until there is an answer that the same request will not change, at most four times.
 * @param signal one limit over everything
 * @param backoff seconds between two tries
 * @throws ProviderAuthError when the key is refused, as it would be for every item; the signal's reason when it is aborted
 */
export async function askNow(
  provider: NowProvider,
  request: NowRequest,
  signal: AbortSignal,
  backoff = BACKOFF,
): Promise<AskedNow> {
  const asked: AskedNow = { outcome: null, error: null, tries: 0, unknown: 0 };
  for (;;) {
    let wait = backoff[asked.tries];
    asked.tries++;
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT)]);
      asked.outcome = await provider.answerNow(request, limit);
      asked.error = asked.outcome.error;
      if (!asked.outcome.retryable) return asked;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProviderUnavailableError || error instanceof ProviderRejectedError)) throw error;
      asked.outcome = null;
      asked.error = error.message;
      if (error instanceof ProviderRejectedError) return asked;
      if (error.ambiguous) asked.unknown++;
      wait = wait === undefined ? undefined : (error.retryAfterSeconds ?? wait);
    }
    if (wait === undefined || wait > LONGEST_WAIT) return asked;
    await sleep(wait * 1000, undefined, { signal });
  }
}
