import { Readable } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiServer, hangUp, type Route, refuse } from "../api-server.ts";
import { errorOf, providerAt, results, submission } from "../submission.ts";

afterEach(() => vi.unstubAllEnvs());

async function anthropic(routes: Record<string, Route>) {
  const server = await ApiServer.start(routes);
  const provider = await providerAt("anthropic", server.url, "sk-ant-test-key");
  return { server, provider, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const CREATE = "POST /v1/messages/batches";
const READ = "GET /v1/messages/batches/msgbatch_1";
const batch = {
  id: "msgbatch_1",
  type: "message_batch",
  processing_status: "in_progress",
  created_at: "2026-01-01T00:00:00Z",
  request_counts: { processing: 1, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
};

describe("submitBatch", () => {
  test("announces it, then pipes the body with its length", async () => {
    await using api = await anthropic({ [CREATE]: () => batch });
    const sent = submission('{"requests":["é"]}', "anthropic");
    const info = await api.provider.submitBatch({
      ...sent,
      beforeCreate: async (id) => {
        expect(api.server.calls).toEqual([]);
        await sent.beforeCreate(id);
      },
    });
    expect(info).toMatchObject({ id: "msgbatch_1", status: "in_progress", request_count: 1 });
    expect(sent.told).toEqual([null]);
    expect(api.server.calls).toEqual([CREATE]);
    const [got] = api.server.got;
    expect(got?.body).toBe('{"requests":["é"]}');
    expect(got?.headers).toMatchObject({
      "content-length": String(sent.bytes),
      "content-type": "application/json",
      authorization: "Bearer sk-ant-test-key",
    });
    expect(got?.headers["transfer-encoding"]).toBeUndefined();
  });

  test("a job's betas are a header of the create, and of no other", async () => {
    await using api = await anthropic({ [CREATE]: () => batch, [READ]: () => batch });
    const sent = submission("{}", "anthropic");
    const betas = ["output-300k-2026-03-24", "files-api-2025-04-14"];
    await api.provider.submitBatch({ ...sent, spec: { ...sent.spec, betas } });
    await api.provider.submitBatch(sent);
    await api.provider.pollStatus("msgbatch_1");
    expect(api.server.got.map(({ headers }) => headers["anthropic-beta"])).toEqual([
      betas.join(","),
      undefined,
      undefined,
    ]);
  });

  test.each([
    [429, "enforced_spend_limit_reached", "no credit left: pay"],
    [429, "contract_spend_limit_reached", "no credit left: pay"],
    [400, "organization_on_hold", "ask its administrator"],
    [400, "workspace_human_review_disabled", "ask its administrator"],
  ])("%i %s needs a person: waiting does not help", async (status, error_code, wanted) => {
    const route: Route = (_, response) => {
      response.writeHead(status, { "content-type": "application/json" });
      const error = { type: "rate_limit_error", message: "no", details: { error_code } };
      response.end(JSON.stringify({ type: "error", error }));
    };
    await using api = await anthropic({ [CREATE]: route });
    const error = await errorOf(api.provider.submitBatch(submission("{}", "anthropic")));
    expect(error.name).toBe("ProviderAuthError");
    expect(error.message).toContain(wanted);
  });

  test.each([
    ["a 500", refuse(500, "api_error", "oops")],
    ["a 529", refuse(529, "overloaded_error", "oops")],
    ["a cut connection", hangUp],
    ["an answer that is no batch", (() => ({})) as Route],
    ["an answer that is no JSON", ((_, response) => void response.end("OK")) as Route],
  ])("a create answered with %s is sent once and is ambiguous", async (_, create) => {
    await using api = await anthropic({ [CREATE]: create });
    const error = await errorOf(api.provider.submitBatch(submission("{}", "anthropic")));
    expect(error).toMatchObject({ name: "ProviderUnavailableError", ambiguous: true });
    expect(api.server.calls).toEqual([CREATE]);
  });

  test.each([
    [400, "invalid_request_error", "ProviderRejectedError"],
    [413, "request_too_large", "ProviderRejectedError"],
    [401, "authentication_error", "ProviderAuthError"],
    [403, "permission_error", "ProviderAuthError"],
    [429, "rate_limit_error", "ProviderUnavailableError"],
  ])("a create refused with %i %s is %s, and surely made nothing", async (status, code, name) => {
    await using api = await anthropic({ [CREATE]: refuse(status, code, "because", { "retry-after": "7" }) });
    const error = await errorOf(api.provider.submitBatch(submission("{}", "anthropic")));
    expect(error.name).toBe(name);
    // Only a refusal is told in the provider's words: they can quote the request, and end with the items.
    expect(error.message).toContain(name === "ProviderRejectedError" ? "because" : code);
    expect(error.ambiguous ?? false).toBe(false);
    expect(api.server.calls).toEqual([CREATE]);
  });

  test("a body that never went out whole is not ambiguous", async () => {
    await using api = await anthropic({ [CREATE]: () => batch });
    async function* half() {
      yield Buffer.from('{"requests"');
      throw new Error("S3 went away");
    }
    const sent = { ...submission('{"requests":[]}', "anthropic"), open: async () => Readable.from(half()) };
    expect(await errorOf(api.provider.submitBatch(sent))).toMatchObject({
      name: "ProviderUnavailableError",
      ambiguous: false,
    });
  });

  test("when the intent cannot be recorded, nothing is sent and the source is closed", async () => {
    await using api = await anthropic({});
    const source = Readable.from([Buffer.from("{}")]);
    const beforeCreate = () => Promise.reject(new Error("table is gone"));
    const sent = { ...submission("{}", "anthropic"), open: async () => source, beforeCreate };
    expect((await errorOf(api.provider.submitBatch(sent))).message).toBe("table is gone");
    expect(source.destroyed).toBe(true);
    expect(api.server.calls).toEqual([]);
  });
});

describe("pollStatus", () => {
  test("a 404 may pass", async () => {
    await using api = await anthropic({});
    expect((await errorOf(api.provider.pollStatus("msgbatch_1"))).name).toBe("ProviderUnavailableError");
  });

  test("a wait of more than a minute is left to the workflow", async () => {
    await using api = await anthropic({
      [READ]: refuse(429, "rate_limit_error", "slow", { "retry-after": "3600" }),
    });
    const error = await errorOf(api.provider.pollStatus("msgbatch_1"));
    expect(error).toMatchObject({ name: "ProviderUnavailableError", retryAfterSeconds: 3600 });
    expect(api.server.calls).toHaveLength(1);
  });
});

describe("getResults", () => {
  const RESULTS = `${READ}/results`;
  const line = (id: string) => `${JSON.stringify({ custom_id: id, result: { type: "expired" } })}\n`;

  test("every line, also when one cannot be read", async () => {
    await using api = await anthropic({
      [RESULTS]: (_, response) => void response.end(`${line("a")}{"broken\n${line("b\u2028")}`),
    });
    const outcomes = await results(api.provider, batch);
    expect(outcomes.map((outcome) => outcome.custom_id)).toEqual(["a", null, "b\u2028"]);
  });

  test.each([
    ["between lines", line("a")],
    ["inside a line", `${line("a")}{"custom_id":"b`],
  ])("a download cut %s never looks like an end", async (_, text) => {
    await using api = await anthropic({
      [RESULTS]: (_, response) => void response.write(text, () => response.socket?.destroy()),
    });
    expect((await errorOf(results(api.provider, batch))).name).toBe("ProviderUnavailableError");
  });

  test("results that are gone for good are said to be", async () => {
    await using api = await anthropic({});
    const error = await errorOf(results(api.provider, { ...batch, archived_at: "2026-02-01T00:00:00Z" }));
    expect(error).toMatchObject({
      name: "ProviderRejectedError",
      message: expect.stringContaining("29 days"),
    });
  });
});

test("cancelBatch leaves an ended batch as it is", async () => {
  const ended = { ...batch, processing_status: "ended", request_counts: { succeeded: 1 } };
  await using api = await anthropic({
    [`POST ${READ.slice(4)}/cancel`]: refuse(400, "invalid_request_error", "already ended"),
    [READ]: () => ended,
  });
  expect((await api.provider.cancelBatch("msgbatch_1")).status).toBe("completed");
});

test("findBatch: by count, not before the create, the nearest in time first", async () => {
  const mark = { job_id: "job-1", batch: 1, round: 1, tag: "tag" };
  const start = Date.parse("2026-01-01T00:00:00Z") / 1000;
  const at = (id: string, seconds: number, processing: number) => ({
    ...batch,
    id,
    created_at: new Date((start + seconds) * 1000).toISOString(),
    request_counts: { processing },
  });
  const all = [at("e", 900, 7), at("d", 20, 8), at("c", 2, 7), at("b", -60, 7), at("a", -200, 7)];
  await using api = await anthropic({
    "GET /v1/messages/batches": () => ({ data: all, has_more: false, first_id: "e", last_id: "a" }),
  });
  const found = await api.provider.findBatch({ mark, request_count: 7, created_after: start });
  expect(found.map(({ id }) => id)).toEqual(["c", "b", "e"]);
});

test("the environment cannot turn on a log of requests", async () => {
  vi.stubEnv("ANTHROPIC_LOG", "debug");
  const logs = [vi.spyOn(console, "debug"), vi.spyOn(console, "log"), vi.spyOn(console, "info")];
  await using api = await anthropic({ [CREATE]: () => batch });
  await api.provider.submitBatch(submission('{"requests":[]}', "anthropic"));
  for (const log of logs) expect(log).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});
