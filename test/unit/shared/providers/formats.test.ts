import { afterEach, expect, test, vi } from "vitest";
import { formatOf } from "../../../../shared/providers/formats.ts";

afterEach(() => vi.unstubAllEnvs());

test("PROVIDER_LIMITS overrides one limit of one provider", () => {
  const before = formatOf("openai").limits;
  vi.stubEnv("PROVIDER_LIMITS", '{"openai":{"max_requests":100}}');
  expect(formatOf("openai").limits).toEqual({ ...before, max_requests: 100 });
  expect(formatOf("anthropic").limits.max_requests).toBe(100_000);
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
