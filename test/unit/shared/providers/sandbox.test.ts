import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { type Sandbox, startSandbox } from "../../../../local/sandbox/sandbox.ts";
import { BatchItem, hasEnded, JobSpec, ok } from "../../../../shared/models.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";
import type {
  BatchSubmission,
  ItemOutcome,
  Provider,
  ProviderBatch,
} from "../../../../shared/providers/provider.ts";
import { providerOf } from "../../../../shared/providers/registry.ts";
import { PROVIDERS, type TestProvider } from "../../../workflow/items.ts";

const ITEMS = 50;
const MODELS: Record<TestProvider, string> = { openai: "gpt-4.1-mini", anthropic: "claude-haiku-4-5" };

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox({ latencySeconds: 0.2 });
});

afterEach(async () => {
  await sandbox.close();
  vi.unstubAllEnvs();
});

/** The provider against this test's sandbox; the key is new each time, and with it the client. */
async function connected(name: TestProvider, to = sandbox): Promise<Provider> {
  vi.stubEnv("OPENAI_BASE_URL", to.openaiBaseUrl);
  vi.stubEnv("ANTHROPIC_BASE_URL", to.anthropicBaseUrl);
  vi.stubEnv(`${name.toUpperCase()}_API_KEY`, `key-${crypto.randomUUID()}`);
  return await providerOf({ provider: name });
}

/** A batch of `ITEMS` items, framed as `prepare-job` does it. */
function batchFor(name: TestProvider, tag: string): BatchSubmission {
  const format = formatOf(name);
  const spec = JobSpec.parse({ provider: name, model: MODELS[name] });
  const requests = Array.from({ length: ITEMS }, (_, i) => {
    const item = BatchItem.parse({ custom_id: `mine-${i}`, user_message: `What is ${i}?\u2028` });
    return format.request(
      format.body({ kind: "item", item, temperature_set: false }, spec),
      spec,
      `${tag}-${i}`,
    );
  });
  const { open, separator, close } = format.framing;
  const bytes = Buffer.from(open + requests.join(separator) + close);
  return {
    mark: { job_id: "job-1", batch: 1, round: 1, tag },
    spec,
    open: async () => Readable.from([bytes]),
    bytes: bytes.length,
    request_count: ITEMS,
    beforeCreate: async () => {},
  };
}

async function ended(provider: Provider, id: string): Promise<ProviderBatch> {
  for (;;) {
    const info = await provider.pollStatus(id);
    if (hasEnded(info.status)) return info;
    await sleep(50);
  }
}

test.each(PROVIDERS)("%s: submit, find, poll, read, delete", async (name) => {
  const provider = await connected(name);
  const before = Date.now() / 1000;
  const sent = batchFor(name, `tag-${name}`);
  const submitted = await provider.submitBatch(sent);
  const query = { mark: sent.mark, request_count: ITEMS, created_after: before };
  expect((await provider.findBatch(query)).map((batch) => batch.id)).toEqual([submitted.id]);

  const info = await ended(provider, submitted.id);
  expect(info).toMatchObject({ status: "completed", request_count: ITEMS, counts: { succeeded: ITEMS } });
  const outcomes: ItemOutcome[] = [];
  for await (const some of provider.getResults(info)) outcomes.push(...some);
  expect(outcomes.every(ok)).toBe(true);
  expect(new Set(outcomes.map((outcome) => outcome.custom_id))).toEqual(
    new Set(Array.from({ length: ITEMS }, (_, i) => `tag-${name}-${i}`)),
  );
  expect(outcomes[0]?.response?.usage.completion_tokens).toBeGreaterThan(0);
  expect((await sandbox.stats())[name]).toMatchObject({ batches_created: 1, requests_accepted: ITEMS });
  await provider.deleteFiles(info);
  await provider.deleteFiles(info);
});

test.each(PROVIDERS)("%s: a cancelled batch ends as cancelled, and may be cancelled again", async (name) => {
  // Left alone, a batch would run for twenty seconds and complete.
  const slow = await startSandbox({ latencySeconds: 20 });
  onTestFinished(() => slow.close());
  const provider = await connected(name, slow);
  const { id } = await provider.submitBatch(batchFor(name, "tag"));
  await provider.cancelBatch(id);
  expect((await ended(provider, id)).status).toBe("cancelled");
  expect((await provider.cancelBatch(id)).status).toBe("cancelled");
});

test.each(PROVIDERS)("%s: a wrong key is reported", async (name) => {
  const strict = await startSandbox({ keys: { openai: ["good"], anthropic: ["good"] } });
  try {
    vi.stubEnv("OPENAI_BASE_URL", strict.openaiBaseUrl);
    vi.stubEnv("ANTHROPIC_BASE_URL", strict.anthropicBaseUrl);
    vi.stubEnv(`${name.toUpperCase()}_API_KEY`, "wrong-key-0123456789");
    const provider = await providerOf({ provider: name });
    await expect(provider.submitBatch(batchFor(name, "tag"))).rejects.toMatchObject({
      name: "ProviderAuthError",
      message: expect.not.stringContaining("wrong-key"),
    });
  } finally {
    await strict.close();
  }
});
