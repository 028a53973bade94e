import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { RowPicker } from "../../../../cli/input/pick-rows.ts";
import { quoteFile } from "../../../../cli/input/quote-file.ts";
import { InvalidJobError } from "../../../../shared/errors.ts";
import { ProviderName } from "../../../../shared/models.ts";
import { addQuotes, mostOf } from "../../../../shared/money/quote.ts";
import { requireJobFile } from "../../../../shared/objects/job-file.ts";
import { itemLine, itemLines, jobAt, PROVIDERS, startWorld } from "../../../harness/harness.ts";
import { MODELS } from "../../../harness/provider-models.ts";

const world = await startWorld();

function file(content: string | Uint8Array): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-quote-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, "data.jsonl");
  writeFileSync(path, content);
  return path;
}

/** Invalid lines of every kind, wide characters, blank lines, more than one batch. */
const LINES = [
  ...itemLines(9),
  "not json — ü",
  "",
  itemLine("item-2", "an id that was used before"),
  itemLine("long", "日本語 ".repeat(60), { max_tokens: 7 }),
  itemLine("late", "the last one"),
];

// With a cap: without one a job counts no tokens, and estimates by bytes alone.
test.for(PROVIDERS)("%s: the quote is what the job makes of the same lines", async (provider) => {
  world.limits({ [provider]: { max_requests: 4 } });
  await world.sandbox();
  const text = `\ufeff${JSON.stringify({ job: { ...jobAt(provider), max_cost_usd: 1 } })}\r\n${LINES.join("\r\n")}`;
  const run = await world.run(text);
  const prepared = await requireJobFile(run.job_id);
  for (const content of [text, gzipSync(text)]) {
    const quoted = await quoteFile(file(content), {});
    expect(quoted).toMatchObject({ items: 13, invalid: 2, batches: 3, refusal: null });
    expect(quoted.items).toBe(prepared.lines);
    expect(quoted.batches).toBe(run.record?.batch_count);
    expect(quoted.quote).toEqual(addQuotes(prepared.batches));
    expect(quoted.quote.requests).toBe(11);
    expect(quoted.problems).toEqual(
      run.results.filter(({ status }) => status === "invalid").map(({ error }) => error),
    );
  }
});

test("a job that would be refused says why", async () => {
  const job = { provider: "openai", model: "gpt-4.1-mini" };
  const refusal = async (text: string, more: object = {}) =>
    (await quoteFile(file(text), { ...job, ...more })).refusal;
  expect(await refusal("\n\n")).toContain("has no item");
  expect(await refusal("no\nneither\n")).toContain("2 of 2 lines are not valid");
  expect(await refusal(`${itemLine("a", "b")}\nno\n`, { on_invalid: "fail" })).toContain("1 of 2 lines");
  expect(await refusal(itemLine("a", "b"), { max_cost_usd: 1e-9 })).toContain("max_cost_usd");
  expect(await refusal(itemLine("a", "b"))).toBeNull();
});

test("only invalid lines make no batch", async () => {
  const quoted = await quoteFile(file("no\n"), { provider: "openai", model: "gpt-4.1-mini" });
  expect(quoted).toMatchObject({ items: 1, invalid: 1, batches: 0, quote: { requests: 0 } });
});

test("settings that are not valid are an error", async () => {
  await expect(quoteFile(file(itemLine("a", "b")), { provider: "openai" })).rejects.toThrow(InvalidJobError);
});

test.each(["openai", "anthropic", "gemini", "bedrock", "mistral"])(
  "%s: the requests of any rows are picked",
  async (provider) => {
    const lines = ["a", "b", "c"].map((id) =>
      JSON.stringify({ custom_id: id, user_message: `About ${id}.` }),
    );
    const path = file(`${lines.join("\n")}\n`);
    const picker = new RowPicker({ count: 3 });
    await quoteFile(path, { provider, model: "m" }, picker.open);
    expect(picker.picked.map(({ custom_id }) => custom_id)).toEqual(["a", "b", "c"]);
    for (const { custom_id, body } of picker.picked) {
      expect(body).toContain(`About ${custom_id}.`);
      expect(JSON.parse(body)).not.toHaveProperty("custom_id");
    }
  },
);

test.each(ProviderName.options)("%s: has a price, or says that it has none", async (provider) => {
  const settings = { provider, model: MODELS[provider] };
  const quoted = await quoteFile(file(itemLines(120).join("\n")), settings);
  expect(quoted).toMatchObject({ items: 120, invalid: 0, batches: 1, refusal: null });
  const { cost_usd, prompt_tokens } = mostOf(quoted.quote);
  expect(prompt_tokens).toBeGreaterThan(0);
  // A deployment's or a compatible server's own names have no list price.
  if (/^(my-deployment|any-model)$/.test(MODELS[provider])) expect(cost_usd).toBeNull();
  else expect(cost_usd).toBeGreaterThan(0);
});
