/** `nightshift quote`: without a key, without state, without a network. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { item, Place } from "../harness/command.ts";

const JOB = ["--provider", "openai", "--model", "gpt-4.1-mini"];

test("for people", async () => {
  const place = new Place();
  const file = place.file("data.jsonl", [item("a"), item("b"), "broken"]);
  const { code, stdout, stderr } = await place.run(["quote", file, ...JOB, "--max-tokens", "100"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/items +│ +3/);
  expect(stdout).toMatch(/invalid, not sent +│ +1/);
  expect(stdout).toMatch(/output tokens, at most +│ +200/);
  expect(stdout).toMatch(/gpt-4\.1-mini +│ +0\.\d+ +│ +0\.\d+/);
  expect(stdout).toMatch(/from the list of \d{4}-\d\d-\d\d/);
  expect(stdout).toContain("line 3: not valid JSON");
  expect(existsSync(join(place.dir, ".nightshift"))).toBe(false);
});

test("for programs; settings from the file's first line", async () => {
  const place = new Place();
  const job = { provider: "anthropic", model: "claude-haiku-4-5", defaults: { max_tokens: 50 } };
  const file = place.file("data.jsonl", [{ job }, item("a"), item("b")]);
  const { code, stdout } = await place.run(["quote", file, "--json"]);
  expect(code).toBe(0);
  const quote = JSON.parse(stdout);
  expect(quote).toMatchObject({
    provider: "anthropic",
    items: 2,
    invalid: 0,
    batches: 1,
    unlimited: 0,
    at_most: { completion_tokens: 100 },
    unpriced_models: [],
    refusal: null,
  });
  expect(quote.at_most.cost_usd).toBeCloseTo(quote.input.cost_usd + (100 * 2.5) / 1e6, 9);
  expect(quote.at_most.real_time_usd).toBeCloseTo(2 * quote.at_most.cost_usd, 9);
});

test("a model without a price says so, and tokens are still shown", async () => {
  const place = new Place();
  const file = place.file("data.jsonl", [item("a")]);
  const { code, stdout } = await place.run(["quote", file, "-p", "openai", "-m", "gpt-of-tomorrow"]);
  expect(code).toBe(0);
  expect(stdout).toContain("No price for gpt-of-tomorrow in that list");
  expect(stdout).toMatch(/gpt-of-tomorrow +│ +not known +│ +not known/);
  expect(stdout).toMatch(/output tokens, at most +│ +4,096/);
});

test("a job over its cap would be refused: exit code 1", async () => {
  const place = new Place();
  const file = place.file("data.jsonl", [item("a")]);
  const { code, stdout } = await place.run(["quote", file, ...JOB, "--max-cost-usd", "0.0001"]);
  expect(code).toBe(1);
  expect(stdout).toContain("The job would be refused: max_cost_usd is 0.0001");
  expect((await place.run(["quote", "nope.jsonl", ...JOB])).code).toBe(2);
});

test("the report of a run shows its cost, and a capped run that is refused costs nothing", async () => {
  const place = new Place();
  await place.provider();
  const file = place.file("data.jsonl", [item("a")]);
  const refused = await place.openai(file, "--max-cost-usd", "0.0001");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("max_cost_usd is 0.0001");
  const { code, stdout } = await place.openai(file, "--max-cost-usd", "1");
  expect(code).toBe(0);
  expect(stdout).toMatch(/cost 0\.0000\d+ USD at batch prices; 0\.0000\d+ in real time/);
  expect(JSON.parse(place.read("out/summary.json")).receipt.cost_usd).toBeGreaterThan(0);
});
