/** Deliveries to the Function URL's handler, with the table and Secrets Manager on loopback. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { handler } from "../../../../functions/receive-webhook/handler.ts";
import { receiveWebhook } from "../../../../functions/receive-webhook/receive-webhook.ts";
import { signed } from "../../../../local/sandbox/openai/webhooks.ts";
import { ENV } from "../../../../shared/names.ts";
import { getRecord, putRecord } from "../../../../shared/records/table.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { captured } from "../../../harness/written.ts";
import { secretsManager } from "../../shared/secrets-manager.ts";

const SECRET = `whsec_${Buffer.from("what OpenAI signs with in a test").toString("base64")}`;
const OTHER_SECRET = `whsec_${Buffer.from("what somebody else signs with").toString("base64")}`;

/** What Step Functions says of every token. */
let refusal = "";

beforeAll(async () => {
  await startLocalData();
  const stepFunctions = createServer((_, response) =>
    response.writeHead(400).end(JSON.stringify({ __type: refusal })),
  );
  await new Promise<void>((resolve) => stepFunctions.listen(0, "127.0.0.1", resolve));
  const { port } = stepFunctions.address() as AddressInfo;
  vi.stubEnv("AWS_ENDPOINT_URL_SFN", `http://127.0.0.1:${port}`);
  const secrets = await secretsManager({ set: SECRET, unset: "unset", key: "sk-proj-not-a-signing-secret" });
  return async () => {
    stepFunctions.close();
    await secrets[Symbol.asyncDispose]();
  };
});

/** An event about a batch's end, or another one. */
const event = (id: string, type = "batch.completed") =>
  JSON.stringify({ id: "evt_1", object: "event", created_at: 1, type, data: { id } });

/** Delivers a body as a Function URL does. */
async function deliver(body: string, more: { secret?: string; method?: string; headers?: object } = {}) {
  vi.stubEnv(ENV.openaiWebhookSecret, "set");
  const headers = { ...signed(more.secret ?? SECRET, "wh_1", body), ...more.headers };
  const http = { method: more.method ?? "POST" };
  return (await handler({ requestContext: { http }, headers, body, isBase64Encoded: false })).statusCode;
}

const record = (id: string) => getRecord({ pk: `wake#${id}`, sk: "wake" });

describe("what is signed", () => {
  test.each(["completed", "failed", "expired", "cancelled"])("batch.%s is noted", async (outcome) => {
    expect(await deliver(event(`batch_${outcome}`, `batch.${outcome}`))).toBe(200);
    const { news_at, expires_at } = (await record(`batch_${outcome}`)) ?? {};
    expect(Math.abs(Number(news_at) - Date.now() / 1000)).toBeLessThan(60);
    expect(Number(expires_at)).toBeGreaterThan(Number(news_at) + 3 * 86_400);
  });

  test("another event is taken, and nothing is noted", async () => {
    expect(await deliver(event("batch_other", "response.completed"))).toBe(200);
    expect(await record("batch_other")).toBeNull();
  });

  test("a body in base64 is the same body", async () => {
    vi.stubEnv(ENV.openaiWebhookSecret, "set");
    const body = event("batch_base64");
    const [requestContext, headers] = [{ http: { method: "POST" } }, signed(SECRET, "wh_1", body)];
    const base64 = Buffer.from(body).toString("base64");
    const answer = await handler({ requestContext, headers, body: base64, isBase64Encoded: true });
    expect(answer).toEqual({ statusCode: 200 });
    expect(await record("batch_base64")).toMatchObject({ sk: "wake" });
  });

  test("who waits is woken by the token of that batch alone", async () => {
    const waits = (id: string) => ({
      pk: `wake#${id}`,
      sk: "wake",
      task_token: `token of ${id}`,
      job_id: "j",
    });
    await putRecord(waits("batch_mine"));
    await putRecord(waits("batch_theirs"));
    const woken: string[] = [];
    const body = event("batch_mine");
    const request = { method: "POST", headers: signed(SECRET, "wh_1", body), body };
    const settings = { secret: async () => SECRET, now: () => 7.5 };
    const wake = async (token: string) => woken.push(token) > 0;
    expect(await receiveWebhook(request, { ...settings, wake })).toBe(200);
    expect(woken).toEqual(["token of batch_mine"]);
    expect(await record("batch_mine")).toMatchObject({ task_token: "token of batch_mine", news_at: 7.5 });
    // Step Functions cannot be told now: OpenAI is not answered 200, and delivers again.
    const unavailable = () => Promise.reject(new Error("throttled"));
    await expect(receiveWebhook(request, { ...settings, wake: unavailable })).rejects.toThrow("throttled");
  });
});

describe("what is not", () => {
  const body = event("batch_forged");
  test.each([
    ["signed with another secret", { secret: OTHER_SECRET }, 401],
    ["with a signature that is none", { headers: { "webhook-signature": "v1,AAAA" } }, 401],
    ["without an id", { headers: { "webhook-id": "" } }, 401],
    ["signed long ago", { headers: { "webhook-timestamp": "1700000000" } }, 401],
    ["another method", { method: "GET" }, 405],
  ])("%s", async (_what, more, status) => {
    expect(await deliver(body, more)).toBe(status);
    expect(await record("batch_forged")).toBeNull();
  });

  test("a body that was changed, and one that is too long", async () => {
    const headers = signed(SECRET, "wh_1", event("batch_real"));
    expect(await deliver(body, { headers })).toBe(401);
    expect(await deliver(event("x".repeat(16 * 1024)))).toBe(413);
    expect(await record("batch_forged")).toBeNull();
  });

  test("no header at all", async () => {
    vi.stubEnv(ENV.openaiWebhookSecret, "set");
    const requestContext = { http: { method: "POST" } };
    const answer = await handler({ requestContext, headers: {}, body, isBase64Encoded: false });
    expect(answer).toEqual({ statusCode: 401 });
  });
});

test.each([
  ["unset", /holds no signing secret.*put-secret-value --secret-id unset/],
  ["key", /must hold the signing secret/],
])("a secret that is %s is an error that says what to do: OpenAI delivers again", async (id, error) => {
  vi.stubEnv(ENV.openaiWebhookSecret, id);
  const body = event("batch_early");
  const headers = signed(SECRET, "wh_1", body);
  const delivery = { requestContext: { http: { method: "POST" } }, headers, body, isBase64Encoded: false };
  await expect(handler(delivery)).rejects.toThrow(error);
});

test.each([
  ["TaskTimedOut", 200],
  ["TaskDoesNotExist", 200],
  ["InvalidToken", 200],
  ["AccessDeniedException", "thrown"],
])("Step Functions says %s of the token: %s", async (__type, outcome) => {
  refusal = __type;
  await putRecord({ pk: "wake#batch_over", sk: "wake", task_token: "old" });
  expect(await deliver(event("batch_over")).catch(() => "thrown")).toBe(outcome);
});

test("the log says which batch it is about, and holds neither bodies, signatures nor tokens", async () => {
  refusal = "TaskTimedOut";
  const about = { job_id: "job-1", batch: 2, round: 1 };
  await putRecord({ pk: "wake#batch_logged", sk: "wake", task_token: "zebra-token", ...about });
  const written = captured();
  const headers = { "user-agent": "zebra-header" };
  await deliver(event("batch_logged"), { headers });
  await deliver(event("zebra-body"), { secret: OTHER_SECRET, headers });
  expect(written.map((line) => JSON.parse(line))).toMatchObject([
    { message: "nobody waits", provider_batch_id: "batch_logged", ...about },
    { message: "refused", status: 401 },
  ]);
  expect(written.join("\n")).not.toMatch(/zebra|v1,|whsec_/);
});
