/** One request in real time, read with the same checks as a line of a batch's results. */
import { ProviderUnavailableError } from "../../errors.ts";
import { isObject } from "../../json/values.ts";
import type { ItemOutcome, JsonText } from "../provider.ts";
import { type Call, calling, webPage } from "./call-errors.ts";
import type { AnswerHeaders } from "./http.ts";
import type { OutcomeOf } from "./result-lines.ts";

/** Longest wait for a whole answer, in milliseconds. */
export const ANSWER_TIMEOUT = 10 * 60_000;

/** How one provider is asked. */
export interface NowCall {
  call: Call;
  /** Gets the headers of the answer, a refusal's too. */
  onHeaders: ((headers: AnswerHeaders) => void) | undefined;
  /** Sends the request once, and reads the whole answer. */
  send: () => Promise<{ headers: AnswerHeaders; body: string }>;
  /** The line of a batch's results that has this body, marked as one of real time. */
  lineOf: (body: JsonText) => JsonText;
  outcomeOf: OutcomeOf;
}

/**
 * Sends one request and reads the whole answer.
 * @throws ProviderAuthError when a web page came: the address is wrong for every item
 * @throws ProviderUnavailableError, `ambiguous` when the answer broke off or is none: it may have been billed
 */
export async function answerNow({ call, send, lineOf, outcomeOf, onHeaders }: NowCall): Promise<ItemOutcome> {
  const read = async () => {
    const answer = await send().catch((error: unknown) => {
      if (isObject(error) && error.headers instanceof Map) onHeaders?.(error.headers);
      throw error;
    });
    onHeaders?.(answer.headers);
    return answer.body;
  };
  const body = await calling(call, read);
  const text = lineOf(body.trim());
  try {
    // Alone, too: what ends the line's own object early could pass for the answer to another item.
    JSON.parse(body);
    return outcomeOf(JSON.parse(text), text);
  } catch (cause) {
    const page = webPage(body, call, "an answer");
    if (page) throw page;
    const message = `${call.provider}: what answers at ${call.access.base_url} sent a 200 that is not JSON`;
    throw new ProviderUnavailableError(message, { cause, ambiguous: true });
  }
}
