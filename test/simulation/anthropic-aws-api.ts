/** Anthropic's message batches at AWS: a signature in place of a key, and a policy that must allow each call. */
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import type { Gate } from "../harness/guarded-stores.ts";
import { AnthropicApi } from "./anthropic-api.ts";
import type { ApiAnswer, ApiRequest } from "./provider-http.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What IAM asks for each call: https://docs.aws.amazon.com/claude-platform/latest/userguide/ */
const ACTIONS: Record<string, string> = {
  "batches.create": "CreateBatchInference",
  "batches.list": "ListBatchInferences",
  "batches.cancel": "CancelBatchInference",
  ask: "CreateInference",
};

/** The workspace of the simulated stack. */
const WORKSPACE = PROFILES["anthropic-aws"].variables.needed.ANTHROPIC_AWS_WORKSPACE_ID ?? "";
const RESOURCE = `arn:AWS::Partition:aws-external-anthropic:AWS::Region:AWS::AccountId:workspace/${WORKSPACE}`;

/** The simulated Claude Platform on AWS. */
export class AnthropicAwsApi extends AnthropicApi {
  readonly #gate: Gate;

  constructor(provider: ProviderName, world: World, random: Random, { gate }: { gate: Gate }) {
    super(provider, world, random);
    this.#gate = gate;
  }

  override answer(request: ApiRequest): ApiAnswer {
    const { headers } = request;
    if (headers.has("x-api-key") || !headers.get("authorization")?.startsWith("AWS4-HMAC-SHA256 "))
      return this.problem(401, "not signed");
    if (headers.get("anthropic-workspace-id") !== WORKSPACE) return this.problem(401, "no such workspace");
    const action = ACTIONS[this.operation(request)] ?? "GetBatchInference";
    this.#gate(`aws-external-anthropic:${action}`, RESOURCE);
    return super.answer(request);
  }
}
