import { afterEach, expect, test, vi } from "vitest";
import { addressOf, addressVariable } from "../../../../local/host/provider-access.ts";

afterEach(() => vi.unstubAllEnvs());

test("an address for real time alone is another origin of answers, too", () => {
  vi.stubEnv("AWS_ENDPOINT_URL_BEDROCK", "");
  vi.stubEnv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "");
  expect(addressOf("bedrock")).toBeUndefined();
  vi.stubEnv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:8642/bedrock/");
  expect(addressOf("bedrock")).toEqual({ provider: "bedrock", url: "http://127.0.0.1:8642/bedrock" });
  expect(addressVariable("bedrock")).toBe("AWS_ENDPOINT_URL_BEDROCK_RUNTIME");
  vi.stubEnv("AWS_ENDPOINT_URL_BEDROCK", "https://bedrock.example");
  expect(addressOf("bedrock")).toEqual({ provider: "bedrock", url: "https://bedrock.example" });
  expect(addressVariable("openai")).toBe("OPENAI_BASE_URL");
});
