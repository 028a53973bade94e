/** Services that resemble OpenAI: their words, dates, wrappings and limits. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { BatchItem, JobSpec, type ProviderName } from "../../../../../shared/models.ts";
import { formatOf } from "../../../../../shared/providers/formats.ts";
import { toProviderBatch } from "../../../../../shared/providers/openai/batch.ts";
import { ApiServer, type Route } from "../api-server.ts";
import { providerAt, results, submission } from "../submission.ts";

afterEach(() => vi.unstubAllEnvs());

const MARK = { job_id: "job-1", batch: 2, round: 1, tag: "tag" };

async function served(name: ProviderName, routes: Record<string, Route>) {
  const server = await ApiServer.start({ "POST /v1/files": () => ({ id: "file-1" }), ...routes });
  const provider = await providerAt(name, `${server.url}/v1`);
  return { server, provider, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe("batches in other words", () => {
  test.each([
    ["COMPLETED", "completed"],
    ["Completed", "completed"],
    ["SUCCESS", "completed"],
    ["PROGRESS", "in_progress"],
    ["In Progress", "in_progress"],
    ["VALIDATING", "pending"],
    ["QUEUED", "pending"],
    ["TIMEOUT_EXCEEDED", "expired"],
    ["CANCELLATION_REQUESTED", "cancelling"],
    ["canceled", "cancelled"],
  ])("%s is %s", (status, expected) => {
    const batch = toProviderBatch({ id: "b", status });
    expect(batch.status).toBe(expected);
    expect(batch.unknown_status).toBeUndefined();
  });

  test("a status that nobody knows is polled again, and reported", () => {
    expect(toProviderBatch({ id: "b", status: "PARKED" })).toMatchObject({
      status: "in_progress",
      unknown_status: "PARKED",
    });
  });

  test("Novita's: totals at the top, ISO dates, errors in words", () => {
    const raw = {
      id: "b",
      status: "FAILED",
      created_at: "2026-11-01T00:00:00Z",
      total: 7,
      completed: 2,
      failed: 5,
      errors: "the file is empty",
    };
    expect(toProviderBatch(raw)).toMatchObject({
      status: "failed",
      created_at: Date.parse("2026-11-01T00:00:00Z") / 1000,
      request_count: 7,
      counts: { succeeded: 2, failed: 5 },
      error: "the file is empty",
    });
  });

  test("Together's create wraps the batch, Mistral counts requests", () => {
    expect(toProviderBatch({ job: { id: "b", status: "IN_PROGRESS" }, warning: "w" }).id).toBe("b");
    const mistral = {
      id: "b",
      status: "SUCCESS",
      total_requests: 4,
      succeeded_requests: 3,
      failed_requests: 1,
    };
    expect(toProviderBatch(mistral)).toMatchObject({
      request_count: 4,
      counts: { succeeded: 3, failed: 1 },
    });
  });

  test.each([null, undefined, "2026", {}, [], true])("a date of %j is none", (created_at) => {
    const { created_at: seconds } = toProviderBatch({ id: "b", status: "completed", created_at });
    expect(Number.isFinite(seconds)).toBe(true);
  });
});

test("Azure: files live for 14 days, endpoints have no /v1", async () => {
  const batch = { id: "batch_1", status: "Validating", created_at: "2026-11-01T00:00:00Z" };
  await using api = await served("azure", { "POST /v1/batches": () => batch });
  const sent = submission("{}\n", "openai");
  expect(await api.provider.submitBatch(sent)).toMatchObject({ id: "batch_1", status: "pending" });
  const [upload, create] = api.server.got;
  expect(upload?.body).toMatch(/name="expires_after\[seconds\]"\r\n\r\n1209600\r\n/);
  expect(JSON.parse(create?.body ?? "")).toMatchObject({ endpoint: "/chat/completions" });
  const spec = JobSpec.parse({ provider: "azure", model: "my-deployment" });
  const format = formatOf("azure");
  const item = BatchItem.parse({ custom_id: "a", user_message: "hi" });
  const body = format.body({ kind: "item", item, temperature_set: false }, spec);
  expect(JSON.parse(format.request(body, spec, "tag-1"))).toMatchObject({ url: "/chat/completions" });
  for (const url of ["/chat/completions", "/v1/chat/completions"]) {
    const line = { custom_id: "a", method: "POST", url, body: { ...body } };
    expect(format.body({ kind: "native", line }, spec)).toEqual(body);
  }
});

test.each(["groq", "novita", "compatible"] as const)("%s: no field that it does not know", async (name) => {
  await using api = await served(name, { "POST /v1/batches": () => ({ id: "b", status: "VALIDATING" }) });
  const spec = JobSpec.parse({ provider: name, model: "m", completion_window: "48h" });
  await api.provider.submitBatch({ ...submission("{}\n", "openai"), spec });
  const [upload, create] = api.server.got;
  expect(upload?.body).not.toContain("expires_after");
  const body = JSON.parse(create?.body ?? "");
  expect(body).toMatchObject({ completion_window: "48h", endpoint: "/v1/chat/completions" });
  expect(body).not.toHaveProperty("output_expires_after");
});

test("OpenAI's result files go by themselves after a week, should they not be deleted", async () => {
  await using api = await served("openai", { "POST /v1/batches": () => ({ id: "b", status: "validating" }) });
  await api.provider.submitBatch(submission("{}\n", "openai"));
  expect(JSON.parse(api.server.got[1]?.body ?? "").output_expires_after).toEqual({
    anchor: "created_at",
    seconds: 604_800,
  });
});

describe("a lost create, found again", () => {
  const list =
    (batches: object[]): Route =>
    () => ({ data: batches, has_more: true });
  const query = { mark: MARK, request_count: 1, created_after: 100, upload_id: "file-1" };

  test("by its input file, where the server dropped our metadata, and knows no paging", async () => {
    await using api = await served("novita", {
      "GET /v1/batches": list([
        { id: "other", status: "PROGRESS", input_file_id: "file-2", created_at: 150 },
        { id: "ours", status: "PROGRESS", input_file_id: "file-1", created_at: 120 },
      ]),
    });
    expect(await api.provider.findBatch(query)).toMatchObject([{ id: "ours" }]);
  });

  test("on the second page of a server that never says whether there is more", async () => {
    const pages: Record<string, object[]> = {
      "": [{ id: "other", status: "PROGRESS", input_file_id: "file-2", created_at: 150 }],
      other: [{ id: "ours", status: "PROGRESS", input_file_id: "file-1", created_at: 120 }],
      ours: [],
    };
    await using api = await served("groq", {
      "GET /v1/batches": ({ url }) => ({
        data: pages[new URL(url, "http://x").searchParams.get("after") ?? ""],
      }),
    });
    expect(await api.provider.findBatch(query)).toMatchObject([{ id: "ours" }]);
  });

  test("in a bare list; a foreign file proves nothing", async () => {
    await using api = await served("compatible", {
      "GET /v1/batches": () => [{ id: "b", status: "running", input_file_id: "file-9", created_at: 150 }],
    });
    expect(await api.provider.findBatch(query)).toEqual([]);
    expect(await api.provider.findBatch({ ...query, upload_id: "file-9" })).toMatchObject([{ id: "b" }]);
  });
});

test("a rejected cancel returns the batch's status", async () => {
  await using api = await served("compatible", {
    "POST /v1/batches/b/cancel": (_, response) => {
      response.writeHead(409, { "content-type": "application/json" });
      response.end('{"error":{"message":"no","code":"conflict"}}');
    },
    "GET /v1/batches/b": () => ({ id: "b", status: "running" }),
  });
  expect(await api.provider.cancelBatch("b")).toMatchObject({ id: "b", status: "in_progress" });
});

describe("Mistral", () => {
  test("submits a job for one model, and reads its files", async () => {
    const job = { id: "job-1", status: "QUEUED", created_at: 100, input_files: ["file-1"] };
    const line = { custom_id: "tag-1", response: { status_code: 200, body: { choices: [] } }, error: null };
    await using api = await served("mistral", {
      "POST /v1/batch/jobs": () => job,
      "GET /v1/batch/jobs": () => ({ data: [job], total: 1 }),
      "GET /v1/files/out/content": (_, response) => void response.end(`${JSON.stringify(line)}\n`),
    });
    const spec = JobSpec.parse({ provider: "mistral", model: "mistral-small-latest" });
    const sent = { ...submission("{}\n", "openai"), spec };
    expect(await api.provider.submitBatch(sent)).toMatchObject({ id: "job-1", status: "pending" });
    expect(JSON.parse(api.server.got[1]?.body ?? "")).toEqual({
      input_files: ["file-1"],
      endpoint: "/v1/chat/completions",
      model: "mistral-small-latest",
      timeout_hours: 24,
      metadata: expect.objectContaining({ nightshift_tag: "tag" }),
    });
    const query = { mark: MARK, request_count: 1, created_after: 100, upload_id: "file-1" };
    expect(await api.provider.findBatch(query)).toMatchObject([{ id: "job-1" }]);
    const [outcome] = await results(api.provider, { ...job, status: "SUCCESS", output_file: "out" });
    expect(outcome).toMatchObject({ custom_id: "tag-1", status: "failed" });
  });

  test("lines have neither url nor model", () => {
    const spec = JobSpec.parse({ provider: "mistral", model: "mistral-small-latest" });
    const format = formatOf("mistral");
    const item = BatchItem.parse({ custom_id: "a", user_message: "hi", max_tokens: 7 });
    const body = format.body({ kind: "item", item, temperature_set: false }, spec);
    expect(JSON.parse(format.request(body, spec, "tag-1"))).toEqual({
      custom_id: "tag-1",
      body: { messages: [{ role: "user", content: "hi" }], max_tokens: 7, temperature: 0 },
    });
    const native = { custom_id: "a", body: { messages: [] } };
    expect(format.isNative(native)).toBe(true);
    expect(format.body({ kind: "native", line: native }, spec)).toBe(native.body);
    const other = { custom_id: "a", body: { model: "another" } };
    expect(() => format.body({ kind: "native", line: other }, spec)).toThrow("Mistral allows one a job");
  });
});

test("a server without an address is named", async () => {
  vi.stubEnv("COMPATIBLE_API_KEY", "k");
  const { providerOf } = await import("../../../../../shared/providers/registry.ts");
  await expect(providerOf({ provider: "compatible" })).rejects.toThrow("needs COMPATIBLE_BASE_URL: set it");
});
