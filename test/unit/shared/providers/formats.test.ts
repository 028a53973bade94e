import { afterEach, expect, test, vi } from "vitest";
import { formatOf } from "../../../../shared/providers/formats.ts";

afterEach(() => vi.unstubAllEnvs());

test("PROVIDER_LIMITS overrides one limit of one provider", () => {
  const before = formatOf("openai").limits;
  vi.stubEnv("PROVIDER_LIMITS", '{"openai":{"max_requests":100}}');
  expect(formatOf("openai").limits).toEqual({ ...before, max_requests: 100 });
  expect(formatOf("anthropic").limits.max_requests).toBe(100_000);
});

test("a model may have limits of its own, and PROVIDER_LIMITS goes before them", () => {
  const titan = "amazon.titan-embed-text-v2:0";
  expect(formatOf("bedrock", "amazon.nova-lite-v1:0").limits.max_requests).toBe(50_000);
  expect(formatOf("bedrock", titan).limits).toMatchObject({ max_requests: 100_000, min_requests: 100 });
  expect(formatOf("bedrock", "us.anthropic.claude-sonnet-4-6").limits.max_requests).toBe(100_000);
  vi.stubEnv("PROVIDER_LIMITS", '{"bedrock":{"max_requests":70}}');
  expect(formatOf("bedrock", titan).limits.max_requests).toBe(70);
});

test.each(["{", '{"openai":{"max_request":1}}', '{"openai":{"max_bytes":0}}', '{"open":{}}', "[]"])(
  "PROVIDER_LIMITS of %s is refused",
  (text) => {
    vi.stubEnv("PROVIDER_LIMITS", text);
    expect(() => formatOf("openai")).toThrow(
      expect.objectContaining({
        name: "InvalidJobError",
        message: expect.stringContaining("PROVIDER_LIMITS"),
      }),
    );
  },
);
