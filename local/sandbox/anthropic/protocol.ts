import { digest } from "../chance.ts";
import type { ModelNames } from "../model-names.ts";
import type { Asked, Protocol } from "../protocol.ts";
import { anthropicAnswer, failed, type ServiceTier } from "./answers.ts";
import { fromChat, toChat } from "./chat-bridge.ts";
import { type ParamsRules, problemOf } from "./params-check.ts";

/** How Anthropic's batches run. Their plan is made by the create itself. */
export function anthropicProtocol(models: ModelNames): Protocol {
  const rules = ({ fields }: Asked): ParamsRules => ({ models, beta: fields["beta"] === true });
  return {
    separateErrors: false,
    async inspect(batch) {
      throw new Error(`${batch.id} was saved without a plan`);
    },
    parse(line) {
      const { custom_id, params } = JSON.parse(line.toString("utf8"));
      return { custom_id, body: params };
    },
    answer: (asked, { body }) => anthropicAnswer(body, rules(asked), tierOf(asked)),
    toUpstream(asked, request) {
      const problem = problemOf(request.body, rules(asked));
      return problem ? failed(400, problem.type, problem.message) : toChat(request);
    },
    fromUpstream: (asked, request, status, body) => fromChat(request, status, body, tierOf(asked)),
    ranLine(batch, customId, { status, body }) {
      if (status === 200) return line(customId, { type: "succeeded", message: body });
      const request_id = `req_${digest("request", batch.id, customId).slice(0, 24)}`;
      return line(customId, { type: "errored", error: { ...(body as object), request_id } });
    },
    unrunLine: (_batch, customId, outcome) =>
      line(customId, { type: outcome === "expired" ? "expired" : "canceled" }),
  };
}

function tierOf({ fields }: Asked): ServiceTier {
  return fields["realtime"] === true ? "standard" : "batch";
}

function line(custom_id: string, result: unknown): string {
  return JSON.stringify({ custom_id, result });
}
