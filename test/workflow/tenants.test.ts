/** Tenants: the first folder of an upload says whose keys, defaults and caps its job has. */
import { afterEach, expect, test, vi } from "vitest";
import { recordJobFailure } from "../../functions/record-failure/record-failure.ts";
import { acceptedThen500, type SandboxCall } from "../../local/sandbox/faults.ts";
import type { SandboxOptions } from "../../local/sandbox/sandbox.ts";
import { unixNow } from "../../shared/clock.ts";
import { ENV } from "../../shared/names.ts";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import { getRecord } from "../../shared/records/table.ts";
import { itemLine, itemLines, jobAt, PROVIDERS, startWorld, statesOf } from "../harness/harness.ts";
import { parameterStore, secretsManager } from "../unit/shared/secrets-manager.ts";
import type { TestProvider } from "./items.ts";

const world = await startWorld();
afterEach(() => vi.unstubAllEnvs());

/** What a tenant of a test has. */
interface Tenant {
  /** Providers at which it has a key of its own. */
  ownKeys?: readonly TestProvider[];
  /** What its secrets hold. Default: a new key. */
  key?: string;
  defaults?: object;
  limits?: object;
}

/** Sets tenants up as a stack does, and starts a sandbox that notes the calls. It takes every key but `wrong…`. */
async function withTenants(tenants: Record<string, Tenant>, { faults, ...options }: SandboxOptions = {}) {
  const parameters: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  const services = [await parameterStore(parameters), await secretsManager(secrets)];
  /** Under a path of their own, so that nothing of them is known yet. @returns each tenant's key */
  function setUp(tenants: Record<string, Tenant>): Record<string, string> {
    const path = `/nightshift/${crypto.randomUUID()}`;
    const keyOf: Record<string, string> = {};
    for (const [tenant, { ownKeys = [], key, defaults = {}, limits = {} }] of Object.entries(tenants)) {
      // A new one each time: clients are kept by key.
      const tenantKey = key ?? `${tenant}-${crypto.randomUUID()}`;
      const ids = Object.fromEntries(ownKeys.map((provider) => [provider, `${path}/${tenant}/${provider}`]));
      for (const id of Object.values(ids)) secrets[id] = tenantKey;
      parameters[`${path}/${tenant}`] = JSON.stringify({ defaults, limits, secrets: ids });
      keyOf[tenant] = tenantKey;
    }
    vi.stubEnv(ENV.tenants, path);
    return keyOf;
  }
  const calls: SandboxCall[] = [];
  await world.sandbox({
    ...options,
    faults: (call) => {
      // What the sandbox does by itself is no call.
      if (call.method) calls.push(call);
      if (call.key?.startsWith("wrong")) return { kind: "answer", answer: { status: 401 } };
      return faults?.(call);
    },
  });
  return {
    calls,
    setUp,
    keyOf: setUp(tenants),
    stackKey: process.env.OPENAI_API_KEY ?? "",
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
      expect(JSON.stringify([run.events, run.record, record])).not.toContain(key);
    }
  },
);

test.for(PROVIDERS)(
  "%s: a round stays in the account in which it was begun; the next goes where the settings say",
  async (provider) => {
    let acmeKey: string | undefined;
    await using site = await withTenants(
      { acme: {} },
      {
        // About half of a batch's requests expire, and are sent in a second one.
        ...{ latencySeconds: 0.4, expirySeconds: 0.2, seed: `moved ${provider}` },
        faults: ({ operation }) => {
          if (operation !== "batches.create" || acmeKey) return undefined;
          // The tenant gets a key while its batch is made. Nobody hears of the batch, which is to be found again.
          acmeKey = site.setUp({ acme: { ownKeys: [provider] } }).acme;
          return acceptedThen500;
        },
      },
    );
    const job = jobAt(provider, { max_rounds: 2 });
    const run = await world.run(itemLines(24), { name: `acme/moved-${provider}.jsonl`, job });
    expect(run.error).toBeUndefined();
    const creates = site.calls.filter(({ operation }) => operation === "batches.create");
    expect(creates.map(({ key }) => key)).toEqual([site.stackKey, acmeKey]);
    for (const [round, account, key] of [
      [1, undefined, site.stackKey],
      [2, "acme", acmeKey],
    ] as const) {
      const record = await readBatch({ job_id: run.job_id, batch: 1, round });
      expect(record?.account).toBe(account);
      const about = site.calls.filter(({ path }) => path.includes(String(record?.provider_batch_id)));
      expect(new Set(about.map((call) => call.key))).toEqual(new Set([key]));
    }
  },
);

test("a tenant with a key of its own has a queue of its own, and the others share the stack's", async () => {
  world.limits({ openai: { max_requests: 5 } });
  await using _ = await withTenants(
    { acme: { ownKeys: ["openai"] }, initech: {} },
    { latencySeconds: 1, limits: { openai_enqueued_tokens: 60 } },
  );
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
      globex: {},
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

test("a job under way continues when its tenant's cap is lowered, below what it was let to ask for", async () => {
  await using site = await withTenants({ acme: { ownKeys: ["openai"], key: "wrong-for-now" } });
  const job = jobAt("openai", { max_cost_usd: 6, max_rounds: 3 });
  const run = await world.run(itemLines(3), { name: "acme/lowered.jsonl", job });
  expect(run.record).toMatchObject({ status: "failed", max_cost_usd: 6 });
  site.setUp({ acme: { ownKeys: ["openai"], limits: { max_cost_usd: 5, max_rounds: 2 } } });
  const again = await world.runAgain(run.key, { job });
  expect(again.summary).toMatchObject({ job_id: run.job_id, status: "completed", counts: { succeeded: 3 } });
  expect(again.record?.max_cost_usd).toBe(5);
});

test("where there are tenants, an upload to the folder of none is refused, and resumes once there is one", async () => {
  await using site = await withTenants({ acme: {} });
  const run = await world.run(itemLines(1), { name: "acmee/slip.jsonl", job: jobAt("openai") });
  expect(run.error).toContain("the folder inbox/acmee/ is no tenant's: there is no parameter /nightshift/");
  expect(site.calls).toEqual([]);
  site.setUp({ acmee: {} });
  const again = await world.runAgain(run.key, { job: jobAt("openai") });
  expect(again.summary).toMatchObject({ job_id: run.job_id, status: "completed" });
});

test.each(["Acme", "acme corp", "-x", "_x", ""])(
  "where there are tenants, an upload to the folder %j, which can be no tenant's, is refused",
  async (folder) => {
    await using site = await withTenants({ acme: {} });
    const run = await world.run(itemLines(1), { name: `${folder}/data.jsonl`, job: jobAt("openai") });
    expect(run.error).toContain(`the folder "inbox/${folder}/" is no tenant's: a tenant's name has up to 31`);
    expect(site.calls).toEqual([]);
    vi.stubEnv(ENV.tenants, "");
    const alone = await world.runAgain(run.key, { job: jobAt("openai") });
    expect(alone.summary).toMatchObject({ status: "completed" });
  },
);

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

test.for(PROVIDERS)(
  "%s: what is asked in real time is asked with the tenant's key, below its cap",
  async (provider) => {
    const small_rounds = "real_time";
    await using site = await withTenants({
      acme: { ownKeys: [provider], limits: { max_cost_usd: 1 } },
    });
    const job = jobAt(provider, { small_rounds });
    const run = await world.run(itemLines(5), { job, name: `acme/now-${provider}.jsonl` });
    expect(run.results.map(({ status }) => status)).toEqual(Array(5).fill("succeeded"));
    expect(site.calls.map(({ key }) => key)).toEqual(Array(5).fill(site.keyOf.acme));
    expect(run.record).toMatchObject({ max_cost_usd: 1 });
    const dear = await world.run([itemLine("a", "x", { max_tokens: 100_000 }), ...itemLines(9)], {
      job: jobAt(provider, { small_rounds, max_cost_usd: 0.01 }),
      name: `acme/dear-${provider}.jsonl`,
    });
    expect(dear.record?.error).toContain("max_cost_usd is 0.01, and the job may cost");
    expect(dear.record?.error).toContain("at real-time prices");
    expect(site.calls).toHaveLength(5);
  },
);
