import type { StoredBatch } from "./batch.ts";
import { fractionOf } from "./chance.ts";
import type { BatchRequest, Protocol } from "./protocol.ts";

/** What OpenAI says when the fault is its own. */
const ERROR = {
  message: "The server had an error while processing your request.",
  type: "server_error",
  param: null,
  code: null,
};

/**
 * A protocol under which a share (0 to 1) of the requests end in the provider's own error, which is worth another try.
 * Which ones depends on the batch and the request: sent again in another batch, the same request may succeed.
 */
export function failing(protocol: Protocol, share: number): Protocol {
  function failure(batch: StoredBatch, request: BatchRequest) {
    if (fractionOf("failing", batch.id, request.custom_id) >= share) return null;
    return protocol.fromUpstream(request, 500, { error: ERROR });
  }
  return {
    ...protocol,
    answer: (batch, request) => failure(batch, request) ?? protocol.answer(batch, request),
    toUpstream: (batch, request) => failure(batch, request) ?? protocol.toUpstream(batch, request),
  };
}
