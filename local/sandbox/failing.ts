import type { Plan, StoredBatch } from "./batch.ts";
import { fractionOf } from "./chance.ts";
import type { CountedFaults } from "./faults.ts";
import type { Asked, BatchRequest, Protocol } from "./protocol.ts";
import type { SandboxProvider } from "./providers.ts";

/** What OpenAI says when the fault is its own. */
const ERROR = {
  message: "The server had an error while processing your request.",
  type: "server_error",
  param: null,
  code: null,
};

/** What the sandbox says of a request that is nested too deeply to be read. */
const TOO_DEEP = {
  message: "The request is nested too deeply.",
  type: "invalid_request_error",
  param: null,
  code: null,
};

/** What is to go wrong in the batches of a provider. */
interface Failures {
  provider: SandboxProvider;
  /** The share of the requests that end in a server error, 0 to 1. */
  failRate: number;
  /** Asked for each batch that is validated. */
  faults: CountedFaults;
}

/**
 * A protocol under which a share of the requests end in the provider's own error, which is worth another try. A fault
 * may strike its validation. Which requests depends on the batch and the request: sent again in another batch, the same
 * request may succeed.
 */
export function failing(protocol: Protocol, { provider, failRate: share, faults }: Failures): Protocol {
  async function inspect(batch: StoredBatch, path: string): Promise<Plan> {
    const plan = await protocol.inspect(batch, path);
    const call = { operation: "batches.validate", method: "", path: `/batches/${batch.id}`, key: undefined };
    const fault = faults.next({ provider, ...call });
    return fault?.kind === "validation" ? { ...plan, errors: fault.errors(plan.errors) } : plan;
  }
  function failure(asked: Asked, request: BatchRequest) {
    if (fractionOf("failing", asked.id, request.custom_id) >= share) return null;
    return protocol.fromUpstream(asked, request, 500, { error: ERROR });
  }
  function answer(asked: Asked, request: BatchRequest) {
    try {
      return protocol.answer(asked, request);
    } catch (error) {
      // Thousands of levels: JSON.parse reads them, nothing else does.
      if (!(error instanceof RangeError)) throw error;
      return protocol.fromUpstream(asked, request, 400, { error: TOO_DEEP });
    }
  }
  return {
    ...protocol,
    inspect,
    answer: (asked, request) => failure(asked, request) ?? answer(asked, request),
    toUpstream: (asked, request) => failure(asked, request) ?? protocol.toUpstream(asked, request),
  };
}
