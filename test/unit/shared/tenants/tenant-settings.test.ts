import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { InvalidJobError } from "../../../../shared/errors.ts";
import { ENV } from "../../../../shared/names.ts";
import { providerKey } from "../../../../shared/providers/keys.ts";
import { providerOf } from "../../../../shared/providers/registry.ts";
import { accountName, accountOf } from "../../../../shared/tenants/account.ts";
import { tenantSettings } from "../../../../shared/tenants/tenant-settings.ts";
import { parameterStore, secretsManager } from "../secrets-manager.ts";

afterEach(() => vi.unstubAllEnvs());

/** A path of parameters of its own: what is known of others stays known. */
function pathOf(name: string): string {
  const path = `/nightshift/${name}`;
  vi.stubEnv(ENV.tenants, path);
  return path;
}
const settings = (more: Record<string, unknown> = {}) =>
  JSON.stringify({ defaults: {}, limits: {}, secrets: {}, ...more });

test("where no tenants are set up, nobody is asked", async () => {
  await using store = await parameterStore({});
  expect(await tenantSettings("acme")).toEqual({ defaults: {}, limits: {}, secrets: {} });
  pathOf("none");
  expect(await tenantSettings(undefined)).toEqual({ defaults: {}, limits: {}, secrets: {} });
  expect(store.reads).toEqual([]);
});

test("a tenant's are read once in five minutes; a folder that nobody has set up is refused until somebody has", async () => {
  const path = pathOf("read");
  const parameters: Record<string, string> = {
    [`${path}/acme`]: settings({ defaults: { model: "m" }, limits: { max_cost_usd: 5 } }),
  };
  await using store = await parameterStore(parameters);
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  for (let read = 0; read < 2; read++) {
    expect(await tenantSettings("acme")).toMatchObject({
      defaults: { model: "m" },
      limits: { max_cost_usd: 5 },
    });
  }
  expect(store.reads).toEqual([`${path}/acme`]);
  await expect(tenantSettings("globex")).rejects.toThrow(InvalidJobError);
  parameters[`${path}/globex`] = settings();
  expect(await tenantSettings("globex")).toEqual({ defaults: {}, limits: {}, secrets: {} });
  parameters[`${path}/acme`] = settings({ limits: { max_cost_usd: 9 } });
  vi.setSystemTime(Date.now() + 5 * 60_000);
  expect((await tenantSettings("acme")).limits).toEqual({ max_cost_usd: 9 });
});

test.each(["{broken: zebra", settings({ limits: { max_costs: 5 } }), '"zebra"'])(
  "%s is reported by the parameter's name, without its text",
  async (text) => {
    const path = pathOf("broken");
    await using _ = await parameterStore({ [`${path}/acme`]: text });
    const error = await tenantSettings("acme", { now: true }).catch((thrown: Error) => thrown.message);
    expect(error).toContain(`the parameter ${path}/acme does not hold a tenant's settings`);
    expect(error).not.toContain("zebra");
  },
);

test("a job's account is its tenant's where that has a key, else the stack's", async () => {
  const path = pathOf("accounts");
  await using _store = await parameterStore({
    [`${path}/acme`]: settings({ secrets: { openai: "acme-key" } }),
  });
  await using _manager = await secretsManager({ "acme-key": "sk-acme" });
  vi.stubEnv("OPENAI_API_KEY", "sk-stack");
  vi.stubEnv("ANTHROPIC_API_KEY", "sk-stack");
  const keyOf = async (job_id: string, provider: "openai" | "anthropic") => {
    const account = await accountOf(job_id, provider);
    return [accountName(account), (await providerKey(account)).key];
  };
  expect(await keyOf("acme_data-0123", "openai")).toEqual(["openai@acme", "sk-acme"]);
  expect(await keyOf("acme_data-0123", "anthropic")).toEqual(["anthropic", "sk-stack"]);
  expect(await keyOf("acme-0123", "openai")).toEqual(["openai", "sk-stack"]);
  // Each keeps its client: they do not push each other out.
  const clients = [{ provider: "openai" }, { provider: "openai", account: "acme" }] as const;
  const first = await Promise.all(clients.map((account) => providerOf(account)));
  expect(first[0]).not.toBe(first[1]);
  expect(await Promise.all(clients.map((account) => providerOf(account)))).toEqual(first);
});

test("a key that a tenant was given a moment ago is found; one that was taken away is reported", async () => {
  const path = pathOf("late");
  const parameters: Record<string, string> = { [`${path}/acme`]: settings() };
  await using _store = await parameterStore(parameters);
  await using _manager = await secretsManager({ "late-key": "sk-late" });
  expect(await accountOf("acme_data-0123", "openai")).toEqual({ provider: "openai", account: undefined });
  await expect(providerKey({ provider: "openai", account: "acme" })).rejects.toMatchObject({
    name: "ProviderAuthError",
    message: expect.stringContaining("Tenant acme no longer has a key of its own for OpenAI"),
  });
  // Another Lambda knows of it already, and has begun a batch with it.
  parameters[`${path}/acme`] = settings({ secrets: { openai: "late-key" } });
  expect(await providerKey({ provider: "openai", account: "acme" })).toEqual({
    key: "sk-late",
    secretId: "late-key",
  });
});
