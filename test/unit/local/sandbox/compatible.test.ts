/** Services that speak OpenAI's protocol with quirks of their own, by the official SDKs where there are some. */
import Groq from "groq-sdk";
import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { namedFaults } from "../../../../local/sandbox/named-faults.ts";
import type { SandboxProvider } from "../../../../local/sandbox/providers.ts";
import { chatLines, createOpenai, resultLines, type Setup, setup } from "./setup.ts";

const DAY = 24 * 3600;
const models: Partial<Record<SandboxProvider, string>> = { groq: "llama-3.3-70b-versatile" };

/** OpenAI's SDK at a service. */
async function at(provider: SandboxProvider, options = {}): Promise<Setup> {
  const given = await setup(options);
  const baseURL = given.sandbox.baseUrls[provider];
  return { ...given, openai: new OpenAI({ apiKey: "k", baseURL, maxRetries: 0 }) };
}

function linesFor(provider: SandboxProvider, count = 3): string[] {
  return chatLines(count).map((line) => line.replace("gpt-4.1-mini", models[provider] ?? "a-deployment"));
}

test.each(["azure", "groq", "doubleword", "deepinfra", "novita", "compatible"] as const)(
  "%s: a batch runs to its end, and its results are those of OpenAI's form",
  async (provider) => {
    const { openai, pass, sandbox } = await at(provider);
    const { id } = await createOpenai(openai, linesFor(provider), { metadata: { mark: "m" } });
    pass(100);
    const batch = await openai.batches.retrieve(id);
    expect(batch.status.toLowerCase()).toBe("completed");
    expect(batch.metadata).toEqual({ mark: "m" });
    expect(await resultLines(openai, batch.output_file_id)).toHaveLength(3);
    expect((await openai.batches.list()).data.map((one) => one.id)).toEqual([id]);
    expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 1, requests_billed: 3 });
    const call = {
      model: models[provider] ?? "a-deployment",
      messages: [{ role: "user", content: "Hi" }],
    } as const;
    expect(
      (await openai.chat.completions.create({ ...call, messages: [...call.messages] })).choices,
    ).toHaveLength(1);
  },
);

test("azure: words with a capital, ISO dates, files of 14 to 30 days, an endpoint without /v1, an empty error file", async () => {
  const { openai, pass, sandbox } = await at("azure");
  const file = () => toFile(Buffer.from(`${linesFor("azure").join("\n")}\n`), "requests.jsonl");
  const upload = async (seconds: number) =>
    openai.files.create({
      file: await file(),
      purpose: "batch",
      expires_after: { anchor: "created_at", seconds },
    });
  await expect(upload(2 * DAY)).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  const { id: input_file_id } = await upload(14 * DAY);
  const endpoint = "/chat/completions" as "/v1/chat/completions";
  const created = await openai.batches.create({ input_file_id, endpoint, completion_window: "24h" });
  expect(created).toMatchObject({ status: "Validating", endpoint, request_counts: null });
  expect(String(created.created_at)).toMatch(/^\d{4}-\d\d-\d\dT/);
  pass(100);
  const batch = await openai.batches.retrieve(created.id);
  expect(batch.status).toBe("Completed");
  expect(await (await openai.files.content(String(batch.error_file_id))).text()).toBe("");
  expect(await resultLines(openai, batch.output_file_id)).toHaveLength(3);
  const answer = await fetch(`${sandbox.baseUrls.azure}/batches`, { headers: { "api-key": "k" } });
  expect(answer.status).toBe(200);
});

test("azure: a batch never expires", async () => {
  const { openai, pass } = await at("azure", { latencySeconds: 48 * 3600, expirySeconds: 60 });
  const { id } = await createOpenai(openai, linesFor("azure"));
  pass(40 * 3600);
  expect((await openai.batches.retrieve(id)).status).toBe("In_progress");
});

test("groq: its own SDK runs a batch; files have no expiry, lists no pages, models are its own", async () => {
  const { sandbox, openai, pass } = await at("groq");
  // Groq's SDK adds `/openai/v1` itself.
  const groq = new Groq({
    apiKey: "k",
    baseURL: sandbox.baseUrls.groq.replace("/openai/v1", ""),
    maxRetries: 0,
  });
  const file = await toFile(Buffer.from(`${linesFor("groq").join("\n")}\n`), "requests.jsonl");
  const { id: input_file_id } = await groq.files.create({ file, purpose: "batch" });
  const { id } = await groq.batches.create({
    input_file_id: String(input_file_id),
    endpoint: "/v1/chat/completions",
    completion_window: "7d",
  });
  pass(100);
  const batch = await groq.batches.retrieve(id);
  expect(batch).toMatchObject({ status: "completed", request_counts: { total: 3, completed: 3, failed: 0 } });
  const text = await (await groq.files.content(String(batch.output_file_id))).text();
  expect(text.trim().split("\n")).toHaveLength(3);
  expect(await groq.batches.list()).not.toHaveProperty("has_more");
  const expiring = { file, purpose: "batch", expires_after: { anchor: "created_at", seconds: DAY } } as const;
  await expect(openai.files.create(expiring)).rejects.toThrow("expires_after");
  const unknown = groq.chat.completions.create({
    model: "llama-9",
    messages: [{ role: "user", content: "Hi" }],
  });
  await expect(unknown).rejects.toBeInstanceOf(Groq.NotFoundError);
});

test("novita: upper case, PROGRESS, dates and errors as text, counts at the top, no file ids before the end", async () => {
  const { openai, pass } = await at("novita");
  const { id } = await createOpenai(openai, linesFor("novita"));
  pass(50);
  const running: object = await openai.batches.retrieve(id);
  expect(running).toMatchObject({
    status: "PROGRESS",
    total: 3,
    output_file_id: "",
    errors: "",
    completed_at: "",
  });
  pass(50);
  expect(await openai.batches.retrieve(id)).toMatchObject({ status: "COMPLETED", completed: 3 });
  const bad = await createOpenai(openai, ["no json"]);
  pass(100);
  expect(await openai.batches.retrieve(bad.id)).toMatchObject({
    status: "FAILED",
    errors: "This line is not parseable as valid JSON.",
  });
});

test("doubleword: the output file is named while the batch runs, and some metadata is dropped", async () => {
  const { openai, pass } = await at("doubleword");
  const metadata = { mark: "m", created_by: "me" };
  const { id } = await createOpenai(openai, linesFor("doubleword"), { metadata });
  pass(50);
  const running = await openai.batches.retrieve(id);
  expect(running).toMatchObject({ status: "in_progress", metadata: { mark: "m" } });
  expect(await resultLines(openai, running.output_file_id)).toHaveLength(0);
  pass(50);
  expect(await resultLines(openai, running.output_file_id)).toHaveLength(3);
});

test("together: an upload by 302 and PUT, a job in a wrapper, a bare list, no metadata and no counts", async () => {
  const { sandbox, pass } = await setup();
  const base = sandbox.baseUrls.together;
  const headers = { authorization: "Bearer k", "content-type": "application/json" };
  const call = (path: string, init = {}) => fetch(`${base}${path}`, { headers, redirect: "manual", ...init });
  const begun = await call("/files?file_name=a.jsonl&file_type=jsonl&purpose=batch-api", { method: "POST" });
  expect(begun.status).toBe(302);
  const id = String(begun.headers.get("x-together-file-id"));
  const lines = linesFor("together").map((line) =>
    line.replace('"method":"POST","url":"/v1/chat/completions",', ""),
  );
  const body = `${lines.join("\n")}\n`;
  // The address itself is the right to it: no key is sent there.
  expect((await fetch(String(begun.headers.get("location")), { method: "PUT", body })).status).toBe(200);
  expect(await (await call(`/files/${id}`)).json()).toMatchObject({ id, purpose: "batch-api" });
  const params = {
    input_file_id: id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    metadata: { a: "b" },
  };
  const created = await (await call("/batches", { method: "POST", body: JSON.stringify(params) })).json();
  const { job } = created as { job: { id: string } };
  expect(job).toMatchObject({ input_file_id: id, status: "VALIDATING", progress: 0 });
  expect(job).not.toHaveProperty("metadata");
  expect(job).not.toHaveProperty("request_counts");
  pass(100);
  const ended = (await (await call(`/batches/${job.id}`)).json()) as {
    status: string;
    output_file_id: string;
  };
  expect(ended).toMatchObject({ status: "COMPLETED", progress: 100 });
  expect(await (await call("/batches")).json()).toMatchObject([{ id: job.id }]);
  const text = await (await call(`/files/${ended.output_file_id}/content`)).text();
  expect(text.trim().split("\n")).toHaveLength(3);
});

test("faults and keys are each service's own", async () => {
  const options = { faults: namedFaults(["no-metadata"]), keys: { novita: ["good"] } };
  const { openai, sandbox } = await at("novita", options);
  await expect(createOpenai(openai, linesFor("novita"))).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  const good = new OpenAI({ apiKey: "good", baseURL: sandbox.baseUrls.novita, maxRetries: 0 });
  const batch = await createOpenai(good, linesFor("novita"), { metadata: { mark: "m" } });
  expect(batch.metadata).toBeNull();
});

test("faults of the validation strike every service that reads files", async () => {
  const faults = namedFaults(["no-credit", "failed-batch"]);
  const { openai, pass } = await at("groq", { faults });
  const ids = [
    (await createOpenai(openai, linesFor("groq"))).id,
    (await createOpenai(openai, linesFor("groq"))).id,
  ];
  pass(100);
  const batches = await Promise.all(ids.map((id) => openai.batches.retrieve(id)));
  expect(batches.map(({ errors }) => errors?.data?.[0]?.code)).toEqual([
    "billing_hard_limit_reached",
    "server_error",
  ]);
});
