import { Readable } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiServer, hangUp, type Route, refuse } from "../api-server.ts";
import { errorOf, providerAt, results, submission } from "../submission.ts";

afterEach(() => vi.unstubAllEnvs());

async function openai(routes: Record<string, Route>) {
  const server = await ApiServer.start(routes);
  return {
    server,
    provider: await providerAt("openai", `${server.url}/v1`),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const uploaded: Route = () => ({ id: "file-1", object: "file" });
const deleted: Route = () => ({ id: "file-1", deleted: true });
const batch = { id: "batch_1", object: "batch", status: "validating", created_at: 100 };
const SUBMIT = ["POST /v1/files", "POST /v1/batches"];

describe("submitBatch", () => {
  test("uploads with a length, reports the file, creates with our mark", async () => {
    await using api = await openai({ "POST /v1/files": uploaded, "POST /v1/batches": () => batch });
    const sent = submission('{"custom_id":"é"}\n', "openai");
    const info = await api.provider.submitBatch({
      ...sent,
      beforeCreate: async (id) => {
        expect(api.server.calls).toEqual(["POST /v1/files"]);
        await sent.beforeCreate(id);
      },
    });
    expect(info).toMatchObject({ id: "batch_1", status: "pending", created_at: 100 });
    expect(sent.told).toEqual(["file-1"]);
    expect(api.server.calls).toEqual(SUBMIT);
    const [upload, create] = api.server.got;
    expect(upload?.headers["content-length"]).toBe(String(Buffer.byteLength(upload?.body ?? "")));
    expect(upload?.headers["transfer-encoding"]).toBeUndefined();
    const form = await new Response(upload?.body, {
      headers: upload?.headers as Record<string, string>,
    }).formData();
    expect(form.get("purpose")).toBe("batch");
    // A file whose upload was answered to nobody goes by itself.
    expect(form.get("expires_after[anchor]")).toBe("created_at");
    expect(form.get("expires_after[seconds]")).toBe("172800");
    expect(await (form.get("file") as File).text()).toBe('{"custom_id":"é"}\n');
    expect(JSON.parse(create?.body ?? "")).toMatchObject({
      input_file_id: "file-1",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      metadata: {
        nightshift_job: "job-1",
        nightshift_batch: "2",
        nightshift_round: "1",
        nightshift_tag: "tag",
      },
    });
  });

  test.each([
    ["a 500", refuse(500, "server_error", "oops")],
    ["a 503", refuse(503, "overloaded", "oops")],
    ["a cut connection", hangUp],
    ["an answer that is no batch", (() => ({})) as Route],
    ["an answer that is no JSON", ((_, response) => void response.end("OK")) as Route],
  ])("a create answered with %s is sent once, is ambiguous, and keeps the file", async (_, create) => {
    await using api = await openai({ "POST /v1/files": uploaded, "POST /v1/batches": create });
    const error = await errorOf(api.provider.submitBatch(submission("{}\n", "openai")));
    expect(error).toMatchObject({ name: "ProviderUnavailableError", ambiguous: true });
    expect(api.server.calls).toEqual(SUBMIT);
  });

  test.each([
    [400, "invalid_request", "bad endpoint", "ProviderRejectedError"],
    [404, "model_not_found", "no such model", "ProviderRejectedError"],
    [401, "invalid_api_key", "Incorrect API key provided: sk-te****-key", "ProviderAuthError"],
    [403, "unsupported", "not in your country", "ProviderAuthError"],
    [429, "rate_limit_exceeded", "slow down", "ProviderUnavailableError"],
    [429, "insufficient_quota", "no credit left", "ProviderAuthError"],
    [404, "not_found", "No such File object: file-1", "ProviderUnavailableError"],
    [400, "invalid_request", "No such File object: file-1", "ProviderUnavailableError"],
  ])(
    "a create refused with %i %s (%s) is %s, and the file is deleted",
    async (status, code, message, name) => {
      await using api = await openai({
        "POST /v1/files": uploaded,
        "POST /v1/batches": refuse(status, code, message, { "retry-after": "7" }),
        "DELETE /v1/files/file-1": deleted,
      });
      const error = await errorOf(api.provider.submitBatch(submission("{}\n", "openai")));
      expect(error.name).toBe(name);
      expect(error.ambiguous ?? false).toBe(false);
      expect(error.message).not.toContain("sk-te");
      if (name === "ProviderUnavailableError") expect(error.retryAfterSeconds).toBe(7);
      expect(api.server.calls).toEqual([...SUBMIT, "DELETE /v1/files/file-1"]);
    },
  );

  test.each([
    ["a 500", refuse(500, "server_error", "oops"), "ProviderUnavailableError"],
    ["a cut connection", hangUp, "ProviderUnavailableError"],
    ["a 400", refuse(400, "invalid", "not JSONL"), "ProviderRejectedError"],
  ])("an upload answered with %s is never ambiguous, and nothing is created", async (_, upload, name) => {
    await using api = await openai({ "POST /v1/files": upload });
    const sent = submission("{}\n", "openai");
    const error = await errorOf(api.provider.submitBatch(sent));
    expect(error.name).toBe(name);
    expect(error.ambiguous ?? false).toBe(false);
    expect(sent.told).toEqual([]);
    expect(api.server.calls).toEqual(["POST /v1/files"]);
  });

  test("when the intent cannot be recorded, nothing is created and the file is deleted", async () => {
    await using api = await openai({ "POST /v1/files": uploaded, "DELETE /v1/files/file-1": deleted });
    const beforeCreate = () => Promise.reject(new Error("table is gone"));
    const error = await errorOf(api.provider.submitBatch({ ...submission("{}\n", "openai"), beforeCreate }));
    expect(error.message).toBe("table is gone");
    expect(api.server.calls).toEqual(["POST /v1/files", "DELETE /v1/files/file-1"]);
  });

  test("a source that fails in the middle uploads no half file", async () => {
    await using api = await openai({ "POST /v1/files": uploaded });
    async function* half() {
      yield Buffer.from("{}\n");
      throw new Error("S3 went away");
    }
    const sent = { ...submission("{}\n{}\n", "openai"), open: async () => Readable.from(half()) };
    expect(await errorOf(api.provider.submitBatch(sent))).toMatchObject({
      name: "ProviderUnavailableError",
      ambiguous: false,
    });
    expect(sent.told).toEqual([]);
  });
});

test("a server that cannot be reached is named, and a create there is not ambiguous", async () => {
  const api = await openai({});
  await api.server[Symbol.asyncDispose]().catch(() => undefined);
  const error = await errorOf(api.provider.submitBatch(submission("{}\n", "openai")));
  expect(error).toMatchObject({ name: "ProviderUnavailableError", ambiguous: false });
  expect(error.message).toMatch(/OpenAI: cannot be reached at http:\/\/127\.0\.0\.1:\d+\/v1 .*ECONNREFUSED/);
});

describe("pollStatus", () => {
  test("retries a 500 by itself", async () => {
    let calls = 0;
    await using api = await openai({
      "GET /v1/batches/batch_1": (got, response) =>
        ++calls === 1 ? refuse(500, "x", "y", { "retry-after-ms": "1" })(got, response) : batch,
    });
    expect((await api.provider.pollStatus("batch_1")).status).toBe("pending");
    expect(calls).toBe(2);
  });

  test("a 404 may pass", async () => {
    await using api = await openai({});
    const error = await errorOf(api.provider.pollStatus("batch_1"));
    expect(error).toMatchObject({ name: "ProviderUnavailableError", ambiguous: false });
    expect(error.message).toContain("batch_1");
  });

  test("a wait of more than a minute is left to the workflow", async () => {
    await using api = await openai({
      "GET /v1/batches/batch_1": refuse(429, "rate_limit", "slow down", { "retry-after": "3600" }),
    });
    const error = await errorOf(api.provider.pollStatus("batch_1"));
    expect(error).toMatchObject({ name: "ProviderUnavailableError", retryAfterSeconds: 3600 });
    expect(api.server.calls).toHaveLength(1);
  });

  test("a long message of the provider is cut", async () => {
    await using api = await openai({ "GET /v1/batches/batch_1": refuse(422, "x", "y".repeat(10_000)) });
    expect((await errorOf(api.provider.pollStatus("batch_1"))).message.length).toBeLessThan(700);
  });
});

describe("getResults", () => {
  const line = (id: string) =>
    `${JSON.stringify({ custom_id: id, response: null, error: { code: "batch_expired" } })}\n`;
  const file =
    (text: string): Route =>
    (_, response) =>
      void response.end(text);

  test("reads output and error file, and unreadable lines stand for themselves", async () => {
    await using api = await openai({
      "GET /v1/files/out/content": file(`${line("a")}{"broken\n\n${line("b\u2028")}`),
      "GET /v1/files/err/content": file(line("c").trimEnd()),
    });
    const outcomes = await results(api.provider, { ...batch, output_file_id: "out", error_file_id: "err" });
    expect(outcomes.map((outcome) => outcome.custom_id)).toEqual(["a", null, "b\u2028", "c"]);
    expect(outcomes[1]).toMatchObject({ status: "failed", retryable: true });
    expect(outcomes[1]?.error).not.toContain("broken");
  });

  test("no files, no outcomes", async () => {
    await using api = await openai({});
    expect(await results(api.provider, { ...batch, output_file_id: null })).toEqual([]);
    expect(api.server.calls).toEqual([]);
  });

  test("either file alone", async () => {
    await using api = await openai({ "GET /v1/files/err/content": file(line("c")) });
    expect(await results(api.provider, { ...batch, error_file_id: "err" })).toHaveLength(1);
  });

  test.each([
    [
      "of known length",
      ((_, response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write(line("a"), () => response.socket?.destroy());
      }) as Route,
    ],
    [
      "in chunks, between lines",
      ((_, response) => void response.write(line("a"), () => response.socket?.destroy())) as Route,
    ],
    [
      "that ends with the connection, inside a line",
      ((_, response) => {
        const head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        response.socket?.end(`${head}${line("a")}{"custom_id":"b`);
      }) as Route,
    ],
  ])("a download %s, when cut, never looks like an end", async (_, download) => {
    await using api = await openai({ "GET /v1/files/out/content": download });
    const error = await errorOf(results(api.provider, { ...batch, output_file_id: "out" }));
    expect(error).toMatchObject({ name: "ProviderUnavailableError", ambiguous: false });
  });

  test("a file that is not there yet may come", async () => {
    await using api = await openai({});
    const error = await errorOf(results(api.provider, { ...batch, output_file_id: "out" }));
    expect(error.name).toBe("ProviderUnavailableError");
  });
});

describe("cancelBatch", () => {
  const read = (status: string) => ({ "GET /v1/batches/batch_1": (() => ({ ...batch, status })) as Route });
  const conflict = { "POST /v1/batches/batch_1/cancel": refuse(409, "conflict", "Cannot cancel") };

  test("asks for it", async () => {
    await using api = await openai({
      "POST /v1/batches/batch_1/cancel": () => ({ ...batch, status: "cancelling" }),
    });
    expect((await api.provider.cancelBatch("batch_1")).status).toBe("cancelling");
  });

  test("an ended batch is left as it is", async () => {
    await using api = await openai({ ...conflict, ...read("completed") });
    expect((await api.provider.cancelBatch("batch_1")).status).toBe("completed");
    expect(api.server.calls).toHaveLength(2);
  });

  test("a refusal for another reason gives the batch as it stands: it is asked for again", async () => {
    await using api = await openai({ ...conflict, ...read("in_progress") });
    expect((await api.provider.cancelBatch("batch_1")).status).toBe("in_progress");
  });
});

test("findBatch pages back to the time of the create and recognizes ours by our metadata", async () => {
  const mark = { job_id: "job-1", batch: 2, round: 1, tag: "tag" };
  const ours = { nightshift_job: "job-1", nightshift_tag: "tag" };
  const at = (id: string, created_at: number, metadata: unknown) => ({ ...batch, id, created_at, metadata });
  const pages: Record<string, unknown[]> = {
    "": [at("b5", 2000, null), at("b4", 1500, { ...ours, nightshift_tag: "other" })],
    b4: [at("b3", 1200, ours), at("b2", 600, ours)],
    b2: [at("b1", 500, ours)],
  };
  await using api = await openai({
    "GET /v1/batches": ({ url }) => {
      const after = new URL(url, "http://x").searchParams.get("after") ?? "";
      return { object: "list", data: pages[after], has_more: after !== "b2" };
    },
  });
  const query = { mark, request_count: 1, created_after: 1000 };
  const found = await api.provider.findBatch(query);
  expect(found.map(({ id }) => id)).toEqual(["b3"]);
  expect(api.server.calls).toHaveLength(2);
  expect(await api.provider.findBatch({ ...query, created_after: 3000 })).toEqual([]);
});

test("deleteFiles removes every file, those already gone are no error", async () => {
  await using api = await openai({ "DELETE /v1/files/in": deleted, "DELETE /v1/files/err": deleted });
  const raw = { ...batch, input_file_id: "in", output_file_id: "gone", error_file_id: "err" };
  await api.provider.deleteFiles({ id: "batch_1", raw });
  expect(api.server.calls).toEqual(["DELETE /v1/files/in", "DELETE /v1/files/gone", "DELETE /v1/files/err"]);
});
