import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { providerKey } from "../../../../shared/providers/keys.ts";
import { providerOf } from "../../../../shared/providers/registry.ts";
import { secretsManager } from "../secrets-manager.ts";

afterEach(() => vi.unstubAllEnvs());

test("the environment's key comes first, trimmed", async () => {
  vi.stubEnv("OPENAI_API_KEY", " sk-1\n");
  vi.stubEnv("OPENAI_SECRET_ID", "never-read");
  expect(await providerKey({ provider: "openai" })).toMatchObject({ key: "sk-1" });
});

test("no key at all: the message says what to set", async () => {
  vi.stubEnv("ANTHROPIC_API_KEY", " ");
  vi.stubEnv("ANTHROPIC_SECRET_ID", "");
  await expect(providerKey({ provider: "anthropic" })).rejects.toMatchObject({
    name: "ProviderAuthError",
    message: expect.stringContaining("set ANTHROPIC_API_KEY"),
  });
});

test("a secret is read once, trimmed", async () => {
  await using manager = await secretsManager({ "my-secret": " sk-2\n" });
  vi.stubEnv("OPENAI_API_KEY", "");
  vi.stubEnv("OPENAI_SECRET_ID", "my-secret");
  expect(await providerKey({ provider: "openai" })).toMatchObject({ key: "sk-2" });
  expect(await providerKey({ provider: "openai" })).toMatchObject({ key: "sk-2" });
  expect(manager.reads).toEqual(["my-secret"]);
});

test.each(["unset", " ", " unset\n"])(
  "a secret of %j is not set yet: the message has the command",
  async (text) => {
    await using _ = await secretsManager({ "new-secret": text });
    vi.stubEnv("OPENAI_API_KEY", "");
    vi.stubEnv("OPENAI_SECRET_ID", "new-secret");
    await expect(providerKey({ provider: "openai" })).rejects.toMatchObject({
      name: "ProviderAuthError",
      message: expect.stringContaining(
        "aws secretsmanager put-secret-value --secret-id new-secret --secret-string",
      ),
    });
  },
);

test("what cannot be a key is reported before it is sent", async () => {
  await using _ = await secretsManager({ json: '{"key":"sk-1"}' });
  vi.stubEnv("OPENAI_API_KEY", "sk-1 sk-2");
  await expect(providerKey({ provider: "openai" })).rejects.toThrow(/^OPENAI_API_KEY holds no API key/);
  vi.stubEnv("OPENAI_API_KEY", "");
  vi.stubEnv("OPENAI_SECRET_ID", "json");
  await expect(providerKey({ provider: "openai" })).rejects.toMatchObject({
    name: "ProviderAuthError",
    message: expect.not.stringContaining("sk-1"),
  });
});

test("a secret that is not there names itself", async () => {
  await using _ = await secretsManager({});
  vi.stubEnv("ANTHROPIC_API_KEY", "");
  vi.stubEnv("ANTHROPIC_SECRET_ID", "gone");
  await expect(providerKey({ provider: "anthropic" })).rejects.toMatchObject({
    name: "ProviderAuthError",
    message: expect.stringMatching(/gone.*Anthropic.*can't find/),
  });
});

test("a rotated key arrives by itself, five minutes after it was put into the secret", async () => {
  const secrets = { rotated: "sk-old" };
  await using manager = await secretsManager(secrets);
  vi.stubEnv("OPENAI_API_KEY", "");
  vi.stubEnv("OPENAI_SECRET_ID", "rotated");
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  expect(await providerKey({ provider: "openai" })).toMatchObject({ key: "sk-old" });
  const before = await providerOf({ provider: "openai" });
  secrets.rotated = "sk-new";
  vi.setSystemTime(Date.now() + 5 * 60_000 - 1);
  expect(await providerKey({ provider: "openai" })).toMatchObject({ key: "sk-old" });
  expect(await providerOf({ provider: "openai" })).toBe(before);
  vi.setSystemTime(Date.now() + 1);
  expect(await providerKey({ provider: "openai" })).toMatchObject({ key: "sk-new" });
  // The client with the old key is not used again.
  expect(await providerOf({ provider: "openai" })).not.toBe(before);
  expect(manager.reads).toEqual(["rotated", "rotated"]);
});
