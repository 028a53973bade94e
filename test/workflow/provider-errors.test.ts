/** What the provider refuses, and what cannot be reached: a clear error, and nothing is lost. */
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { notFoundYet, plans, rateLimited, strike } from "../../local/sandbox/faults.ts";
import type { ProviderName } from "../../shared/models.ts";
import { itemLines, type JobRun, jobAt, PROVIDERS, startWorld } from "../harness/harness.ts";

const world = await startWorld();

function setKey(provider: ProviderName, key: string): void {
  process.env[provider === "openai" ? "OPENAI_API_KEY" : "ANTHROPIC_API_KEY"] = key;
}

function expectNothingLost(run: JobRun, error: RegExp): void {
  expect(run.error).toMatch(error);
  expect(run.record).toMatchObject({ status: "failed", error: expect.stringMatching(error) });
  expect(run.results.map(({ line, custom_id, status }) => [line, custom_id, status])).toEqual(
    [1, 2, 3, 4, 5].map((line) => [line, `item-${line}`, "failed"]),
  );
  for (const result of run.results) expect(result.error).toMatch(error);
  expect(run.failed).toBe(`${itemLines(5).join("\n")}\n`);
}

function expectAllAnswered(run: JobRun): void {
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, status, error }) => [line, status, error])).toEqual(
    [1, 2, 3, 4, 5].map((line) => [line, "succeeded", null]),
  );
  expect(run.record).toMatchObject({ status: "completed", counts: { succeeded: 5, failed: 0 } });
  expect(run.record?.error ?? null).toBeNull();
  expect(run.summary?.error ?? null).toBeNull();
  expect(run.failed).toBe("");
}

test.for(PROVIDERS)("%s: a wrong key fails the job; with the right one it resumes", async (provider) => {
  const keys = { [provider]: [`right-${provider}`] };
  const sandbox = await world.sandbox({ keys });
  world.limits({ [provider]: { max_requests: 2 } });
  const input = { job: jobAt(provider) };
  setKey(provider, `wrong-${provider}-key`);
  const first = await world.run(itemLines(5), input);
  expectNothingLost(first, /refused the API key \(401\)/);
  expect(JSON.stringify([first.error, first.record, first.results])).not.toContain(`wrong-${provider}-key`);
  expect((await sandbox.stats())[provider].batches_created).toBe(0);

  setKey(provider, `right-${provider}`);
  const again = await world.runAgain(first.key, input);
  expect(again.job_id).toBe(first.job_id);
  expectAllAnswered(again);
  expect((await sandbox.stats())[provider]).toMatchObject({
    batches_created: 3,
    requests_accepted: 5,
    requests_billed: 5,
  });
});

test.for(PROVIDERS)("%s: no key at all says what to set", async (provider) => {
  await world.sandbox();
  setKey(provider, "");
  const run = await world.run(itemLines(5), { job: jobAt(provider) });
  expectNothingLost(run, provider === "openai" ? /set OPENAI_API_KEY/ : /set ANTHROPIC_API_KEY/);
});

test.for(PROVIDERS)(
  "%s: a provider that cannot be reached is tried again, then reported; later it resumes",
  async (provider) => {
    await world.sandbox();
    const closed = await closedPort();
    process.env[provider === "openai" ? "OPENAI_BASE_URL" : "ANTHROPIC_BASE_URL"] =
      `http://127.0.0.1:${closed}`;
    const input = { job: jobAt(provider) };
    const run = await world.run(itemLines(5), input);
    expectNothingLost(run, /cannot be reached at http:\/\/127\.0\.0\.1/);
    expect(run.events.filter((event) => event.type === "retry").length).toBeGreaterThan(3);
    const sandbox = await world.sandbox();
    expectAllAnswered(await world.runAgain(run.key, input));
    expect((await sandbox.stats())[provider].batches_created).toBe(1);
  },
);

test.for(PROVIDERS)(
  "%s: a batch that cannot be read for hours: reported, and later collected",
  async (provider) => {
    let hidden = true;
    const sandbox = await world.sandbox({
      faults: ({ operation }) => (operation === "batches.retrieve" && hidden ? notFoundYet : undefined),
    });
    const input = { job: jobAt(provider) };
    const run = await world.run(itemLines(5), input);
    expectNothingLost(run, /404 while reading batch/);
    hidden = false;
    expectAllAnswered(await world.runAgain(run.key, input));
    expect((await sandbox.stats())[provider]).toMatchObject({
      batches_created: 1,
      requests_accepted: 5,
      requests_billed: 5,
    });
  },
);

test.for([
  ["openai", "gpt_unknown", /model_not_found/],
  ["anthropic", "unknown-model", /not_found_error.*unknown-model/],
] as const)("%s: an unknown model is every item's error", async ([provider, model, error]) => {
  const sandbox = await world.sandbox();
  const run = await world.run(itemLines(5), { job: { provider, model } });
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, status }) => [line, status])).toEqual(
    [1, 2, 3, 4, 5].map((n) => [n, "failed"]),
  );
  for (const result of run.results) expect(result.error).toMatch(error);
  expect(run.summary?.counts).toMatchObject({ succeeded: 0, failed: 5 });
  // It would only fail again: one round.
  expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 1, requests_billed: 0 });
});

test.for(PROVIDERS)(
  "%s: a create that is refused whatever it holds is every item's error",
  async (provider) => {
    const body =
      provider === "openai"
        ? { error: { message: "this is refused", type: "invalid_request_error" } }
        : { type: "error", error: { type: "invalid_request_error", message: "this is refused" } };
    const sandbox = await world.sandbox({
      faults: strike({ operation: "batches.create" }, { kind: "answer", answer: { status: 400, body } }),
    });
    const run = await world.run(itemLines(5), { job: jobAt(provider) });
    expect(run.error).toBeUndefined();
    for (const result of run.results)
      expect(result).toMatchObject({
        status: "failed",
        error: expect.stringMatching(/400.*this is refused/),
      });
    expect(run.results).toHaveLength(5);
    expect((await sandbox.stats())[provider].batches_created).toBe(0);
  },
);

test.for(PROVIDERS)("%s: rate limits and overload before the create only delay it", async (provider) => {
  const sandbox = await world.sandbox({
    faults: plans(
      strike({ operation: "batches.create", counts: [1] }, rateLimited(1)),
      strike({ operation: "batches.create", counts: [2] }, { kind: "refuse" }),
      strike({ operation: "files.create", counts: [1] }, { kind: "answer", answer: { status: 503 } }),
      strike({ operation: "files.create", counts: [2] }, { kind: "refuse" }),
      strike({ operation: "batches.retrieve", counts: [1] }, { kind: "answer", answer: { status: 500 } }),
    ),
  });
  expectAllAnswered(await world.run(itemLines(5), { job: jobAt(provider) }));
  expect((await sandbox.stats())[provider]).toMatchObject({
    batches_created: 1,
    requests_accepted: 5,
    requests_billed: 5,
  });
});

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const WRONG_SERVERS = [
  ["404", { status: 404, body: { detail: "Not Found" } }],
  ["405", { status: 405, html: "<h1>Method Not Allowed</h1>" }],
  ["a page", { status: 200, html: "<!doctype html><title>Welcome</title>" }],
] as const;

// Fault 26: the wrong address is no item's fault.
test.for(
  PROVIDERS.flatMap((provider) => WRONG_SERVERS.map(([name, answer]) => ({ provider, name, answer }))),
)(
  "$provider: a server that answers $name is a wrong address: with the right one the job resumes",
  async ({ provider, name, answer }) => {
    let wrong = true;
    const first = provider === "openai" ? "files.create" : "batches.create";
    const sandbox = await world.sandbox({
      faults: ({ operation }) => (wrong && operation === first ? { kind: "answer", answer } : undefined),
    });
    const input = { job: jobAt(provider), name: `address-${provider}-${name}.jsonl` };
    const failed = await world.run(itemLines(5), input);
    expectNothingLost(failed, /127\.0\.0\.1|address|BASE_URL/);
    wrong = false;
    const again = await world.runAgain(failed.key, { job: input.job });
    expectAllAnswered(again);
    expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 1, requests_billed: 5 });
  },
);
