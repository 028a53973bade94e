import { expect, test } from "vitest";
import { judgeModel } from "../../../../shared/money/model-names.ts";
import { editsBetween } from "../../../../shared/near-name.ts";

test.each([
  ["openai", "gpt-4o-mini"],
  ["openai", "GPT-4.1-mini"],
  ["openai", "gpt-4.1-mini-2025-04-14"],
  ["openai", "ft:gpt-4.1-mini:acme::x"],
  ["anthropic", "claude-haiku-4-5-20251001"],
] as const)("%s has %s", (provider, model) => {
  expect(judgeModel(provider, model)).toBeNull();
});

test.each([
  ["openai", "gpt-4o-mni", "gpt-4o-mini"],
  ["openai", "gpt-4.1-mniu", undefined],
  ["openai", "gtp-4.1-mini", "gpt-4.1-mini"],
  ["openai", "gpt-41-mini", "gpt-4.1-mini"],
  ["openai", "ft:gpt-4.1-mni:acme::x", "gpt-4.1-mini"],
  ["anthropic", "claude-hiaku-4-5", "claude-haiku-4-5"],
] as const)("%s: %s is a slip for %s", (provider, model, meant) => {
  const judged = judgeModel(provider, model);
  if (meant) expect(judged).toEqual({ kind: "slip", meant });
  else expect(judged?.kind).toBe("slip");
});

test("a name of the other provider is recognized", () => {
  expect(judgeModel("openai", "claude-haiku-4-5")).toEqual({
    kind: "of another provider",
    meant: "anthropic",
  });
  expect(judgeModel("anthropic", "gpt-4.1-mini")).toEqual({ kind: "of another provider", meant: "openai" });
});

// Models that come out after the list, and names of one's own, must run.
test.each(["gpt-9", "gpt-5.9-mini", "o9", "our-deployment", "gpt-4.2", "m"])("%s may be new", (model) => {
  expect(judgeModel("openai", model)).toEqual({ kind: "doubt" });
});

test("edits are letters inserted, removed, replaced or swapped", () => {
  expect(editsBetween("", "abc")).toBe(3);
  expect(editsBetween("kitten", "sitting")).toBe(3);
  expect(editsBetween("hiaku", "haiku")).toBe(1);
});
