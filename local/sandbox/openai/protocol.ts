import type { StoredBatch } from "../batch.ts";
import { digest } from "../chance.ts";
import type { Asked, Protocol } from "../protocol.ts";
import { openaiAnswer } from "./answers.ts";
import { versioned } from "./create-params.ts";
import { upstreamUsage } from "./upstream-answer.ts";

/**
 * How OpenAI's batches run; `inspect` is `validate` with its surroundings.
 * @param anyParam whether requests may hold parameters that OpenAI does not have
 */
export function openaiProtocol(inspect: Protocol["inspect"], anyParam = false): Protocol {
  return {
    separateErrors: true,
    inspect,
    parse: (line) => JSON.parse(line.toString("utf8")),
    answer: (asked, { body }) =>
      openaiAnswer(endpointOf(asked), body, Math.floor(asked.created / 1000), anyParam),
    toUpstream: (asked, { body }) => ({
      path: endpointOf(asked).replace(/^\/v1/, ""),
      body: forUpstream(body),
    }),
    fromUpstream: (_asked, _request, status, body) => ({ status, body, usage: upstreamUsage(body) }),
    ranLine(batch, customId, { status, body }) {
      const request_id = digest("request", batch.id, customId).slice(0, 32);
      const response = { status_code: status, request_id, body };
      return JSON.stringify({ id: lineId(batch, customId), custom_id: customId, response, error: null });
    },
    unrunLine(batch, customId, outcome) {
      const error =
        outcome === "expired"
          ? {
              code: "batch_expired",
              message: "This request could not be executed before the completion window expired.",
            }
          : {
              code: "batch_cancelled",
              message: "This request was not executed because the batch was cancelled.",
            };
      return JSON.stringify({ id: lineId(batch, customId), custom_id: customId, response: null, error });
    },
  };
}

/** Ollama and llama-cpp-python know the limit of an answer by its older name alone, and ignore the newer one. */
function forUpstream(body: Record<string, unknown>): Record<string, unknown> {
  const most = body["max_completion_tokens"];
  return most === undefined || body["max_tokens"] !== undefined ? body : { ...body, max_tokens: most };
}

function endpointOf({ fields }: Asked): string {
  return versioned(String(fields["endpoint"]));
}

function lineId(batch: StoredBatch, customId: string): string {
  return `batch_req_${digest("line", batch.id, customId).slice(0, 32)}`;
}
