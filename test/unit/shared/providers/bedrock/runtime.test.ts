/** Bedrock in real time: the very body of a batch's record, signed, once; and what each of AWS's errors means. */
import { beforeEach, expect, test, vi } from "vitest";
import type { Endpoint } from "../../../../../shared/models.ts";
import { askNow } from "../../../../../shared/providers/ask-now.ts";
import { Pacer } from "../../../../../shared/providers/pacer.ts";
import { ApiServer, hangUp, type Route } from "../api-server.ts";
import { stubAwsKeys } from "../aws-keys.ts";
import { errorOf, providerAt } from "../submission.ts";

const NOVA = "amazon.nova-lite-v1:0";
const CONVERSE = `POST /model/${encodeURIComponent(NOVA)}/converse`;
const signal = new AbortController().signal;
/** A picture, digits that no number holds, and a member that no client knows. */
const BODY =
  '{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"iVBORw0KGgo="}}}]}],"additionalModelRequestFields":{"seed":12345678901234567890},"newMember":1}';

beforeEach(() => {
  stubAwsKeys();
  vi.stubEnv("NIGHTSHIFT_BEDROCK_BUCKET", "s3://mine/night");
  vi.stubEnv("NIGHTSHIFT_BEDROCK_ROLE_ARN", "arn:aws:iam::123456789012:role/night");
});

const request = (more: { endpoint?: Endpoint; model?: string; body?: string } = {}) => ({
  ...{ endpoint: "/v1/chat/completions" as const, custom_id: "tag-1", model: NOVA, body: BODY },
  ...more,
});

const answer = {
  output: { message: { role: "assistant", content: [{ text: "Hi" }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
};

const refuse =
  (status: number, type: string, message: string): Route =>
  (_, response) => {
    response.writeHead(status, {
      "content-type": "application/json",
      "x-amzn-errortype": `${type}:http://a/`,
    });
    response.end(JSON.stringify({ message }));
  };

test("the body goes out byte for byte, signed, and the answer is read as a batch's is", async () => {
  await using server = await ApiServer.start({ [CONVERSE]: () => answer });
  const bedrock = await providerAt("bedrock", server.url);
  const outcome = await bedrock.answerNow(request(), signal);
  expect(outcome).toMatchObject({
    ...{ custom_id: "tag-1", status: "succeeded", raw: '{"recordId":"tag-1","real_time":true}' },
    response: { content: "Hi", usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
  });
  expect(server.got).toHaveLength(1);
  const got = server.got[0];
  expect(got?.body).toBe(BODY);
  expect(got?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/bedrock\/aws4_request, SignedHeaders=[^,]*host;[^,]*, Signature=[0-9a-f]{64}$/,
  );
  expect(got?.headers["x-amz-security-token"]).toBe("session");
});

test("embeddings and models' own forms go to InvokeModel; an ARN is one part of the path", async () => {
  const arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.titan";
  await using server = await ApiServer.start({
    [`POST /model/${encodeURIComponent(arn)}/invoke`]: () => ({ embedding: [0.5], inputTextTokenCount: 4 }),
  });
  const bedrock = await providerAt("bedrock", server.url);
  for (const endpoint of ["/v1/embeddings", "invoke-model"] as const) {
    const outcome = await bedrock.answerNow(
      request({ endpoint, model: arn, body: '{"inputText":"a"}' }),
      signal,
    );
    expect(outcome).toMatchObject({ response: { parsed: "[[0.5]]", usage: { prompt_tokens: 4 } } });
  }
});

test("tokens that only a header names are counted: Cohere's embeddings", async () => {
  const route: Route = (_, response) => {
    response.setHeader("x-amzn-bedrock-input-token-count", "7");
    return { embeddings: [[0.5, 1]], response_type: "embeddings_floats" };
  };
  await using server = await ApiServer.start({ "POST /model/cohere.embed-english-v3/invoke": route });
  const bedrock = await providerAt("bedrock", server.url);
  const cohere = { endpoint: "/v1/embeddings" as const, model: "cohere.embed-english-v3", body: "{}" };
  expect(await bedrock.answerNow(request(cohere), signal)).toMatchObject({
    status: "succeeded",
    response: { parsed: "[[0.5,1]]", usage: { prompt_tokens: 7, completion_tokens: 0, total_tokens: 7 } },
  });
});

test("AWS_ENDPOINT_URL_BEDROCK_RUNTIME goes before the address of batches", async () => {
  await using server = await ApiServer.start({ [CONVERSE]: () => answer });
  vi.stubEnv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url);
  const bedrock = await providerAt("bedrock", "http://127.0.0.1:9");
  expect((await bedrock.answerNow(request(), signal)).status).toBe("succeeded");
});

test.each([
  ["https://bedrock.eu-west-1.amazonaws.com", "https://bedrock-runtime.eu-west-1.amazonaws.com"],
  ["https://bedrock-fips.us-east-1.amazonaws.com", "https://bedrock-runtime-fips.us-east-1.amazonaws.com"],
  ["https://proxy.example/bedrock", "https://proxy.example/bedrock"],
])("beside %s is %s", async (batches, runtime) => {
  const bedrock = await providerAt("bedrock", batches);
  const stopped = AbortSignal.abort(new Error("enough"));
  // Nothing is sent: the error names where it would have gone.
  const error = await errorOf(bedrock.answerNow(request(), stopped));
  expect(error.message).toContain(`${runtime} while asking`);
});

test.each([
  [429, "ThrottlingException", "Too many requests, please wait.", { rateLimited: true }],
  [400, "ServiceQuotaExceededException", "Your request exceeds the quota.", { rateLimited: true }],
  [503, "ServiceUnavailableException", "try again", { rateLimited: false }],
  [429, "ModelNotReadyException", "not ready", { rateLimited: false }],
  [424, "ModelErrorException", "the model failed", { rateLimited: false }],
  // The model may have worked until then.
  [408, "ModelTimeoutException", "too long", { rateLimited: false, ambiguous: true }],
])("%i %s may pass", async (status, type, message, more) => {
  await using server = await ApiServer.start({ [CONVERSE]: refuse(status, type, message) });
  const error = await errorOf((await providerAt("bedrock", server.url)).answerNow(request(), signal));
  expect(error).toMatchObject({ name: "ProviderUnavailableError", ambiguous: false, ...more });
  expect(error.retryAfterSeconds).toBeUndefined();
  expect(server.got).toHaveLength(1);
});

test.each([
  [403, "AccessDeniedException", "User is not authorized to perform bedrock:InvokeModel", "refused access"],
  [
    403,
    "AccessDeniedException",
    "You don't have access to the model with the specified model ID.",
    "no access",
  ],
  [400, "ValidationException", "The provided model identifier is invalid.", "there is no such model"],
  [
    404,
    "ResourceNotFoundException",
    "Could not resolve the foundation model from the provided model identifier.",
    "there is no such model",
  ],
  [403, "UnrecognizedClientException", "The security token is invalid.", "(401)"],
  [403, "ExpiredTokenException", "The security token has expired", "(401)"],
  [429, "ThrottlingException", "Too many tokens per day, please wait.", "no tokens left for the model today"],
])("%i %s (%s) is the same for every item", async (status, type, message, wanted) => {
  await using server = await ApiServer.start({ [CONVERSE]: refuse(status, type, message) });
  const error = await errorOf((await providerAt("bedrock", server.url)).answerNow(request(), signal));
  expect(error.name).toBe("ProviderAuthError");
  expect(error.message).toContain(wanted);
});

test.each([
  "The role 'robot' is invalid.",
  "Malformed input: 'please ask for model access' is not a valid value",
  "Malformed input: 'which model identifier is this?' is not a valid value",
  "Invocation of model ID m with on-demand throughput isn't supported. Retry with an inference profile.",
])("a request that is refused keeps the reason, and no other item meets it: %s", async (message) => {
  await using server = await ApiServer.start({ [CONVERSE]: refuse(400, "ValidationException", message) });
  const error = await errorOf((await providerAt("bedrock", server.url)).answerNow(request(), signal));
  expect(error.name).toBe("ProviderRejectedError");
  expect(error.message).toContain(message);
});

test("an answer that breaks off may have been billed; one that is none is no answer", async () => {
  const lost = await ApiServer.start({ [CONVERSE]: hangUp });
  await using _ = lost;
  const bedrock = await providerAt("bedrock", lost.url);
  expect(await errorOf(bedrock.answerNow(request(), signal))).toMatchObject({ ambiguous: true });
  await using odd = await ApiServer.start({ [CONVERSE]: () => ({}) });
  const outcome = await (await providerAt("bedrock", odd.url)).answerNow(request(), signal);
  expect(outcome).toMatchObject({ status: "failed", retryable: true });
});

test("a refusal that names no time slows all down, and is no try", async () => {
  let calls = 0;
  const throttled = refuse(429, "ThrottlingException", "Too many requests");
  await using server = await ApiServer.start({
    [CONVERSE]: (got, response) => (++calls === 1 ? throttled(got, response) : answer),
  });
  const bedrock = await providerAt("bedrock", server.url);
  const pacer = new Pacer(8);
  const began = Date.now();
  expect(await askNow(bedrock, request(), signal, { pacer })).toMatchObject({ tries: 1, error: null });
  expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  expect(pacer.atOnce).toBe(4);
});
