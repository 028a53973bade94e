import { expect, test } from "vitest";
import { ENV } from "../../../shared/names.ts";
import { lambda, only, synthesize } from "./stack.ts";

test("context reaches the Lambdas", () => {
  const { template } = synthesize({
    openaiBaseUrl: "http://127.0.0.1:9/v1",
    anthropicBaseUrl: "https://proxy.example",
    jobDefaults: '{"max_rounds": 2}',
    providerLimits: { openai: { max_requests: 5 } },
    modelPrices: { openai: { mine: { input_mtok: 1 } } },
  });
  expect(lambda(template, "submit-batch").Environment.Variables).toMatchObject({
    OPENAI_BASE_URL: "http://127.0.0.1:9/v1",
    ANTHROPIC_BASE_URL: "https://proxy.example",
  });
  const prepare = lambda(template, "prepare-job").Environment.Variables;
  expect(JSON.parse(prepare[ENV.jobDefaults])).toEqual({ max_rounds: 2, deadline_hours: 28 * 24 });
  expect(JSON.parse(prepare[ENV.providerLimits])).toEqual({ openai: { max_requests: 5 } });
  expect(JSON.parse(prepare[ENV.modelPrices])).toEqual({ openai: { mine: { input_mtok: 1 } } });
});

test("without context the providers' own addresses hold", () => {
  const { Variables } = lambda(synthesize().template, "submit-batch").Environment;
  expect(Variables).not.toHaveProperty("OPENAI_BASE_URL");
  expect(Variables).not.toHaveProperty("ANTHROPIC_BASE_URL");
});

test("removal=destroy takes the data along, for stacks that tests make", () => {
  const { template } = synthesize({ removal: "destroy" });
  expect(only(template, "AWS::S3::Bucket").DeletionPolicy).toBe("Delete");
  expect(only(template, "AWS::DynamoDB::Table").DeletionPolicy).toBe("Delete");
});

test.each([
  ["removal", "delete"],
  ["openaiBaseUrl", "not a url"],
  ["anthropicBaseUrl", "ftp://example.com"],
  ["jobDefaults", "{not json"],
  ["jobDefaults", "[1]"],
  ["providerLimits", "7"],
  ["modelPrices", "[]"],
  ["notifyEmail", "me@example.com, you"],
  ["notifyUrl", "example.com"],
])("context %s=%s is refused by name", (key, value) => {
  expect(() => synthesize({ [key]: value })).toThrow(`context ${key}: expected`);
});
