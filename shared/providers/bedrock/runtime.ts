/**
 * Bedrock in real time: `Converse` and `InvokeModel`, which take what a record of a batch holds. The body goes out as it is. The
 * SDK's client would lose digits and unknown members, and encode pictures a second time.
 */
import type { Access } from "../access.ts";
import type { ProviderProfile } from "../profile.ts";
import type { ItemOutcome, NowRequest, OnHeaders } from "../provider.ts";
import { answerNow } from "../wire/answer-now.ts";
import { AwsSigner } from "../wire/aws-signer.ts";
import type { Call } from "../wire/call-errors.ts";
import { postJson } from "../wire/rest.ts";
import { bedrockOutcome } from "./answers.ts";
import { awsCalling, awsShaped } from "./aws-errors.ts";

/** The `bedrock-runtime` API of a region. */
export class BedrockRuntime {
  readonly #url: string;
  readonly #signer: AwsSigner;
  readonly #call: Call;

  constructor(access: Access & { kind: "aws" }, { title, aws }: ProviderProfile) {
    this.#url = (access.now_url ?? runtimeAddress(access.base_url)).replace(/\/+$/, "");
    this.#signer = new AwsSigner(aws?.service ?? "", access.region);
    const asked = { ...access, base_url: this.#url };
    this.#call = { provider: title, access: asked, what: "asking in real time", kind: "ask" };
  }

  /** See `Provider`. */
  async answerNow(
    { endpoint, custom_id, body, model }: NowRequest,
    signal: AbortSignal,
    onHeaders?: OnHeaders,
  ): Promise<ItemOutcome> {
    const action = endpoint === "/v1/chat/completions" ? "converse" : "invoke";
    const url = new URL(`${this.#url}/model/${encodeURIComponent(model)}/${action}`);
    const headers = { "content-type": "application/json", accept: "application/json" };
    let counted = 0;
    const send = async () => {
      const target = await this.#signer.post({ url, headers }, body);
      const answer = await postJson(target, body, signal).catch((error: unknown) =>
        Promise.reject(awsShaped(error)),
      );
      counted = Number(answer.headers.get("x-amzn-bedrock-input-token-count") ?? 0);
      return answer;
    };
    return answerNow({
      call: this.#call,
      onHeaders,
      send: () => awsCalling(this.#call, send),
      lineOf: (output) =>
        `{"recordId":${JSON.stringify(custom_id)},"real_time":true,"modelOutput":${output}}`,
      outcomeOf: (line, text) => withTokens(bedrockOutcome(line, text), counted),
    });
  }
}

/** An outcome with the tokens that a header names, where the body names none: Cohere's embeddings. */
function withTokens(outcome: ItemOutcome, counted: number): ItemOutcome {
  const { response } = outcome;
  if (!response || response.usage.total_tokens > 0 || !(counted > 0)) return outcome;
  const usage = { ...response.usage, prompt_tokens: counted, total_tokens: counted };
  return { ...outcome, response: { ...response, usage } };
}

/** The address beside that of batches: `bedrock.` has `bedrock-runtime.`; a proxy or the sandbox serves both at one. */
function runtimeAddress(batches: string): string {
  return batches.replace(
    /(?<=^https?:\/\/)bedrock(?=(-fips)?\.[\w-]+\.(amazonaws|api\.aws))/,
    "bedrock-runtime",
  );
}
