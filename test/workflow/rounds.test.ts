/** Rounds: what was answered is kept, what may succeed is sent again, and only that. */
import { expect, test } from "vitest";
import { itemLine, itemLines, jobAt, linesOf, PROVIDERS, startWorld } from "../harness/harness.ts";

const world = await startWorld();
/** Batches expire when about half of their requests have run; which half depends on the seed alone. */
const half = (seed: string) => ({ latencySeconds: 0.4, expirySeconds: 0.2, seed });

test.for(PROVIDERS)(
  "%s: partial results of an expired batch are kept, the rest is sent again",
  async (provider) => {
    const sandbox = await world.sandbox(half(`kept ${provider}`));
    const lines = itemLines(24);
    const run = await world.run(lines, { job: jobAt(provider), name: `expiring-${provider}.jsonl` });
    const stats = (await sandbox.stats())[provider];
    expect(run.results.map(({ line }) => line)).toEqual(lines.map((_, at) => at + 1));
    for (const { line, status, response, error } of run.results) {
      if (status === "succeeded") expect(response?.content).toContain(`About "Question ${line}"`);
      else expect({ status, response }).toEqual({ status: "expired", response: null });
      expect(error === null).toBe(status === "succeeded");
    }
    const succeeded = run.results.filter(({ status }) => status === "succeeded").length;
    expect(succeeded).toBeGreaterThan(12);
    expect(succeeded).toBeLessThan(24);
    // Three rounds, and nothing that was answered was asked again.
    expect(stats).toMatchObject({ batches_created: 3, requests_billed: succeeded });
    expect(stats.requests_accepted).toBeLessThan(24 * 2);
    expect(run.summary?.counts).toMatchObject({ succeeded, expired: 24 - succeeded });
  },
);

test.for(PROVIDERS)("%s: failed.jsonl is what is left, and can be run as it is", async (provider) => {
  const sandbox = await world.sandbox(half(`left ${provider}`));
  const header = JSON.stringify({ job: jobAt(provider, { max_rounds: 1 }) });
  const odd = itemLines(12).map((line, at) => (at % 2 ? ` ${line}\t` : line.replace(":", " : ")));
  const body = [header, ...odd.slice(0, 5), "", "broken {", ...odd.slice(5)];
  const run = await world.run(`${body.join("\r\n")}`, { name: `left-${provider}.jsonl` });
  expect((await sandbox.stats())[provider].batches_created).toBe(1);
  const left = run.results.filter(({ status }) => status !== "succeeded");
  expect(left.some(({ status }) => status === "expired")).toBe(true);
  const lastIsLeft = left.at(-1)?.line === body.length;
  const lines = [0, ...left.map(({ line }) => line - 1)].map((at) => body[at]);
  expect(run.failed).toBe(`${lines.join("\r\n")}${lastIsLeft ? "\n" : "\r\n"}`);

  await world.sandbox();
  const again = await world.run(run.failed ?? "");
  expect(again.error).toBeUndefined();
  expect(again.results.map(({ custom_id, status }) => [custom_id, status])).toEqual(
    left.map(({ custom_id, status }) => [custom_id, status === "invalid" ? "invalid" : "succeeded"]),
  );
});

test("nothing left: failed.jsonl is there and empty", async () => {
  await world.sandbox();
  const run = await world.run([JSON.stringify({ job: jobAt("openai") }), ...itemLines(2)]);
  expect(run.failed).toBe("");
});

test.for(PROVIDERS)(
  "%s: an item the provider refuses fails alone, and is not sent again",
  async (provider) => {
    const sandbox = await world.sandbox();
    const lines = itemLines(4);
    lines[2] = itemLine("refused", "hot", { extra: { temperature: provider === "openai" ? 3 : -1 } });
    const run = await world.run(lines, { job: jobAt(provider) });
    expect(run.error).toBeUndefined();
    expect(run.results.map(({ status }) => status)).toEqual([
      "succeeded",
      "succeeded",
      "failed",
      "succeeded",
    ]);
    expect(run.results[2]).toMatchObject({ custom_id: "refused", response: null });
    expect(run.results[2]?.error).toMatch(/temperature/);
    expect(run.results[2]?.raw).toBeTruthy();
    expect(linesOf(run.failed ?? "")).toEqual([lines[2]]);
    expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 1, requests_billed: 3 });
  },
);

test("every item failed: no output file, and every item still has its error", async () => {
  await world.sandbox();
  const lines = [1, 2, 3].map((n) => itemLine(`item-${n}`, "hot", { extra: { temperature: 3 } }));
  const run = await world.run(lines, { job: jobAt("openai") });
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ custom_id, status }) => [custom_id, status])).toEqual([
    ["item-1", "failed"],
    ["item-2", "failed"],
    ["item-3", "failed"],
  ]);
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 0, failed: 3 } });
});

test("OpenAI's never-ran lines (batch_expired, request_timeout) are tried again", async () => {
  const unrun = (line: string, code: string) => {
    const { id, custom_id } = JSON.parse(line);
    return JSON.stringify({ id, custom_id, response: null, error: { code, message: "did not run" } });
  };
  const sandbox = await world.sandbox({
    faults: ({ operation, count }) =>
      operation !== "files.content" || count > 1
        ? undefined
        : {
            kind: "rewrite",
            rewrite: async function* (lines) {
              let at = 0;
              for await (const line of lines) {
                yield at === 0
                  ? unrun(line, "batch_expired")
                  : at === 1
                    ? unrun(line, "request_timeout")
                    : line;
                at++;
              }
            },
          },
  });
  const run = await world.run(itemLines(5), { job: jobAt("openai") });
  expect(run.results.every(({ status }) => status === "succeeded")).toBe(true);
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 2, requests_accepted: 7 });
});
