import { expect, test } from "vitest";
import { nearName } from "../../../shared/near-name.ts";
import { parseRecipe } from "../../../shared/recipes.ts";

test("YAML and JSON alike", async () => {
  const settings = { provider: "openai", defaults: { max_tokens: 5 }, prompt: "Classify: {{text}}\n" };
  const yaml = "provider: openai\ndefaults:\n  max_tokens: 5\nprompt: |\n  Classify: {{text}}\n";
  expect(await parseRecipe(yaml, "job.yaml")).toEqual(settings);
  expect(await parseRecipe(JSON.stringify(settings), "job.json")).toEqual(settings);
});

test("fault 8: what is sent keeps its digits or is refused; a schema's bounds of 64 bits are neither", async () => {
  const yaml = "schema: {maximum: 9223372036854775807}\nmax_cost_usd: 1.5\nmax_rounds: 3\n";
  expect(await parseRecipe(yaml, "job.yaml")).toEqual({
    schema: { maximum: 2 ** 63 },
    max_cost_usd: 1.5,
    max_rounds: 3,
  });
});

test.each([
  ["promt: hi", 'job.yaml: "promt" is no setting; did you mean prompt?'],
  ["max_tokens: 5", 'job.yaml: "max_tokens" is no setting; give max_tokens in defaults'],
  ["weather: 1", 'job.yaml: "weather" is no setting; there are provider, model,'],
  ["a: 1\na: 2", "job.yaml is not valid YAML: see line 2"],
  [
    "defaults: {extra: {id: 1234567890123456789}}",
    "job.yaml: defaults: the number 1234567890123456789 is too long",
  ],
  ["a: [1", "job.yaml is not valid YAML: see line"],
  ["just text", "job.yaml must be settings"],
  [`a: &a [x]\nb: [${"*a, ".repeat(200)}]`, "job.yaml is not valid YAML"],
])("%j is refused, without its text", async (text, problem) => {
  await expect(parseRecipe(text, "job.yaml")).rejects.toThrow(problem);
});

test.each([
  ["modle", "model"],
  ["MaxRounds", "max_rounds"],
  ["max-cost-usd", "max_cost_usd"],
  ["weather", undefined],
  ["id", "id"],
  ["x".repeat(1_000_000), undefined],
])("the name that %s was meant to be", (name, meant) => {
  expect(nearName(name, ["model", "max_rounds", "max_cost_usd", "id"])).toBe(meant);
});
