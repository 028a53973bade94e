/** Tenants: the first folder of an upload says whose keys, defaults and caps its job has. */
import { afterEach, expect, test, vi } from "vitest";
import { recordJobFailure } from "../../functions/record-failure/record-failure.ts";
import type { SandboxCall } from "../../local/sandbox/faults.ts";
import { readBatch } from "../../shared/batch-record.ts";
import { unixNow } from "../../shared/clock.ts";
import { requireJobFile } from "../../shared/job-file.ts";
import type { ProviderName } from "../../shared/models.ts";
import { ENV } from "../../shared/names.ts";
import { getRecord } from "../../shared/table.ts";
import { parameterStore, secretsManager } from "../unit/shared/secrets-manager.ts";
import { itemLine, itemLines, jobAt, PROVIDERS, startWorld, statesOf } from "./harness.ts";

const world = await startWorld();
afterEach(() => vi.unstubAllEnvs());

/** What a tenant of a test has. */
interface Tenant {
  /** Providers at which it has a key of its own. */
  ownKeys?: readonly ProviderName[];
  /** What its secrets hold. Default: a new key. */
  key?: string;
  defaults?: object;
  limits?: object;
}

/** Sets tenants up as a stack does, and starts a sandbox that notes the calls. It takes every key but `wrong…`. */
async function withTenants(tenants: Record<string, Tenant>, openai_enqueued_tokens: number | null = null) {
  const path = `/nightshift/${crypto.randomUUID()}`;
  const keyOf: Record<string, string> = {};
  const parameters: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  for (const [tenant, { ownKeys = [], key, defaults = {}, limits = {} }] of Object.entries(tenants)) {
    // A new one each time: clients are kept by key.
    const tenantKey = key ?? `${tenant}-${crypto.randomUUID()}`;
    const ids = Object.fromEntries(ownKeys.map((provider) => [provider, `${path}/${tenant}/${provider}`]));
    for (const id of Object.values(ids)) secrets[id] = tenantKey;
    parameters[`${path}/${tenant}`] = JSON.stringify({ defaults, limits, secrets: ids });
    keyOf[tenant] = tenantKey;
  }
  const services = [await parameterStore(parameters), await secretsManager(secrets)];
  const calls: SandboxCall[] = [];
  await world.sandbox({
    limits: { openai_enqueued_tokens },
    faults: (call) => {
      calls.push(call);
      return call.key?.startsWith("wrong") ? { kind: "answer", answer: { status: 401 } } : undefined;
    },
  });
  vi.stubEnv(ENV.tenants, path);
  return {
    calls,
    keyOf,
    stackKey: process.env[ENV.openaiKey] ?? "",
    [Symbol.asyncDispose]: async () => {
      for (const service of services) await service[Symbol.asyncDispose]();
    },
  };
}

test.for(PROVIDERS)(
  "%s: each tenant's job goes with its own key, from its create to its end",
  async (provider) => {
    await using site = await withTenants({
      acme: { ownKeys: [provider] },
      globex: { ownKeys: [provider] },
      initech: {},
    });
    const keyOf = { ...site.keyOf, initech: site.stackKey };
    for (const [tenant, key] of Object.entries(keyOf)) {
      const name = `${tenant}/${provider}.jsonl`;
      site.calls.length = 0;
      const run = await world.run(itemLines(3), { name, job: jobAt(provider) });
      expect(run.error).toBeUndefined();
      expect(run.job_id).toMatch(new RegExp(`^${tenant}_${provider}-[0-9a-f]{12}$`));
      expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 3 } });
      expect(site.calls.map(({ operation }) => operation)).toContain("batches.create");
      expect(new Set(site.calls.map((call) => call.key))).toEqual(new Set([key]));
      const record = await readBatch({ job_id: run.job_id, batch: 1, round: 1 });
      expect(record?.account).toBe(tenant === "initech" ? undefined : tenant);
    }
  },
);

test("a tenant with a key of its own has a queue of its own, and the others share the stack's", async () => {
  world.limits({ openai: { max_requests: 5 } });
  await using _ = await withTenants({ acme: { ownKeys: ["openai"] }, initech: {} }, 60);
  for (const name of ["acme/queue.jsonl", "initech/queue.jsonl"]) {
    const run = await world.run(itemLines(20), { name, job: jobAt("openai", { model: "gpt-4.1-nano" }) });
    expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 20 } });
    expect(statesOf(run)).toContain("WaitForCapacity");
  }
  const ledger = (account: string) => getRecord({ pk: `queue#${account}#gpt-4.1-nano`, sk: "ledger" });
  expect(await ledger("openai@acme")).toMatchObject({ limit: 60 });
  expect(await ledger("openai")).toMatchObject({ limit: 60 });
  expect(await ledger("openai@initech")).toBeNull();
});

test("a tenant's defaults are weaker than the upload's settings and stronger than the stack's; caps hold", async () => {
  process.env[ENV.jobDefaults] = JSON.stringify({ model: "gpt-4.1-nano", max_rounds: 9, max_cost_usd: 50 });
  try {
    await using _ = await withTenants({
      acme: {
        defaults: { provider: "openai", model: "gpt-4.1-mini", system: "Be brief." },
        limits: { max_rounds: 2, max_cost_usd: 5, max_concurrent_batches: 3 },
      },
    });
    const run = await world.run(itemLines(2), {
      name: "acme/defaults.jsonl",
      metadata: { system: "Be long.", "max-cost-usd": "2" },
    });
    expect(run.error).toBeUndefined();
    expect((await requireJobFile(run.job_id)).spec).toMatchObject({
      provider: "openai",
      model: "gpt-4.1-mini",
      system: "Be long.",
      max_rounds: 2,
      max_cost_usd: 2,
      max_concurrent_batches: 3,
    });
    const other = await world.run(itemLines(2), {
      name: "globex/defaults.jsonl",
      metadata: { provider: "openai" },
    });
    expect((await requireJobFile(other.job_id)).spec).toMatchObject({ model: "gpt-4.1-nano", max_rounds: 9 });
  } finally {
    process.env[ENV.jobDefaults] = "{}";
  }
});

test("a job that asks for more than its tenant may have is refused, and with less it is the same job", async () => {
  await using site = await withTenants({ acme: { limits: { max_cost_usd: 5 } } });
  const lines = [JSON.stringify({ job: jobAt("openai") }), itemLine("a", "Question")];
  const run = await world.run(lines, { name: "acme/dear.jsonl", job: { max_cost_usd: 6 } });
  expect(run.error).toContain(
    "max_cost_usd (from the execution's input): 6 is more than the tenant's jobs may have",
  );
  expect(run.record).toMatchObject({ status: "failed", job_id: run.job_id });
  expect(site.calls).toEqual([]);
  const again = await world.runAgain(run.key, { job: { max_cost_usd: 5 } });
  expect(again.job_id).toBe(run.job_id);
  expect(again.summary).toMatchObject({ status: "completed", counts: { succeeded: 1 } });
});

test("a tenant's missing or wrong key fails its job alone, and names the secret", async () => {
  await using site = await withTenants({
    acme: { ownKeys: ["openai"], key: "unset" },
    globex: { ownKeys: ["openai"], key: "wrong-key" },
  });
  const missing = await world.run(itemLines(1), { name: "acme/keyless.jsonl", job: jobAt("openai") });
  expect(missing.error).toMatch(/The secret \/nightshift\/.*\/acme\/openai holds no API key for OpenAI yet/);
  const wrong = await world.run(itemLines(1), { name: "globex/wrong.jsonl", job: jobAt("openai") });
  expect(wrong.error).toMatch(
    /OpenAI refused the API key \(401\).*the key is that of the secret .*\/globex\/openai/,
  );
  expect(site.calls.filter(({ key }) => key === site.stackKey)).toEqual([]);
});

test("a job that fails before its settings are known is recorded as its tenant's", async () => {
  const { job_id } = await recordJobFailure(
    {
      execution: "e-failed",
      input: { key: "inbox/acme/none.jsonl" },
      error: { Error: "InvalidJobError", Cause: "" },
    },
    unixNow(),
  );
  expect(job_id).toMatch(/^acme_none-/);
});
