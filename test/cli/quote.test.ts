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
  expect(stdout).toMatch(
    /the price list of [\d-]+ has no price for gpt-of-tomorrow: give it \(--prices 0.8,3.2/,
  );
  expect(stdout).toMatch(/gpt-of-tomorrow +│ +not known +│ +not known/);
  expect(stdout).toMatch(/output tokens, at most +│ +4,096/);
});

test("a command of run or try becomes one of quote by its first word; keys of a file count", async () => {
  const place = new Place();
  const file = place.file("data.jsonl", [item("a")]);
  place.file(".env", ['MODEL_PRICES={"openai": {"mine": {"input_mtok": 1, "output_mtok": 2}}}']);
  const flags = ["-p", "openai", "--model-unchecked", "--out", "a.csv", "--sandbox"];
  const quoted = await place.run(["quote", file, ...flags, "-m", "mine", "--env-from", ".env"]);
  expect(quoted).toMatchObject({ code: 0, stderr: "" });
  expect(quoted.stdout).not.toContain("not known");
  expect((await place.run(["try", file, ...flags, "-m", "gpt-4.1-mini"])).code).toBe(0);
  expect((await place.run(["quote", "--help"])).stdout).not.toContain("--out <path>");
});

test("a price without the share that a batch costs is answered with that share, not with the price again", async () => {
  const place = new Place();
  const file = place.file("data.jsonl", [item("a")]);
  const job = ["quote", file, "-p", "compatible", "-m", "mine", "--model-unchecked", "--max-cost-usd", "5"];
  const said = async (prices: string) => (await place.run([...job, "--prices", prices])).stdout;
  expect(await said("1,2")).toMatch(/Costs are not known: .*"batch_share": 0.5/);
  expect(await said("1,2")).toMatch(/would be refused: max_cost_usd: .*"batch_share": 0.5/);
  const whole = await said('{"input_mtok": 1, "output_mtok": 2, "batch_share": 0.5}');
  expect(whole).not.toMatch(/not known|refused/);
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
