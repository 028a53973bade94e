import { describe, expect, test } from "vitest";
import { unixNow } from "../../shared/clock.ts";
import { knownLimit } from "../../shared/records/token-ledger.ts";
import { itemLine, itemLines, jobAt, startWorld, statesOf } from "../harness/harness.ts";

const world = await startWorld();

describe("too many tokens waiting at OpenAI", () => {
  test("batches wait for each other, and no item fails", async () => {
    world.limits({ openai: { max_requests: 5 } });
    // Room for about two of the four batches, which are there long enough to meet on a busy machine, too.
    const sandbox = await world.sandbox({ latencySeconds: 1, limits: { openai_enqueued_tokens: 60 } });
    const run = await world.run(itemLines(20), { job: jobAt("openai", { model: "gpt-4.1-nano" }) });
    expect(run.error).toBeUndefined();
    expect(run.results.map(({ status }) => status)).toEqual(Array(20).fill("succeeded"));
    expect(statesOf(run)).toContain("WaitForCapacity");
    expect(await knownLimit({ provider: "openai", model: "gpt-4.1-nano" }, unixNow())).toBe(60);
    expect((await sandbox.stats()).openai.requests_billed).toBe(20);
  });

  test("a batch that is over the limit alone goes in parts, in one job", async () => {
    const sandbox = await world.sandbox({ limits: { openai_enqueued_tokens: 200 } });
    const lines = Array.from({ length: 24 }, (_, n) => itemLine(`id-${n}`, `word ${n} `.repeat(8)));
    const job = jobAt("openai", { model: "gpt-4.1", max_rounds: 1 });
    const run = await world.run(lines, { job });
    expect(run.error).toBeUndefined();
    expect(run.results.map(({ custom_id }) => custom_id)).toEqual(lines.map((_, n) => `id-${n}`));
    expect(run.results.filter(({ status }) => status !== "succeeded")).toEqual([]);
    expect((await sandbox.stats()).openai.requests_billed).toBe(24);
  });

  test("the next job is cut to what the queue is known to hold", async () => {
    await world.sandbox({ limits: { openai_enqueued_tokens: 200 } });
    const lines = Array.from({ length: 24 }, (_, n) => itemLine(`next-${n}`, `word ${n} `.repeat(8)));
    const run = await world.run(lines, { job: jobAt("openai", { model: "gpt-4.1" }) });
    expect(run.results.filter(({ status }) => status !== "succeeded")).toEqual([]);
    expect(run.record?.batch_count).toBeGreaterThan(3);
  });

  test("an item that is over the limit alone ends in an error that says so; the others are answered", async () => {
    await world.sandbox({ limits: { openai_enqueued_tokens: 200 } });
    const lines = [
      itemLine("small", "Question"),
      itemLine("large", "word ".repeat(1_000)),
      itemLine("last", "Question"),
    ];
    const run = await world.run(lines, { job: jobAt("openai", { model: "gpt-4.1-mini" }) });
    expect(run.results.map(({ status }) => status)).toEqual(["succeeded", "failed", "succeeded"]);
    expect(run.results[1]?.error).toMatch(/more than the provider lets wait.*Limit: 200/);
    expect(run.failed).toBe(`${lines[1]}\n`);
  });
});
