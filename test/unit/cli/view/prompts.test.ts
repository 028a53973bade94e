import { beforeAll, expect, test } from "vitest";
import { promptOf } from "../../../../cli/view/prompts.ts";
import { JobSpec, type ProviderName } from "../../../../shared/models.ts";
import { emptyQuote } from "../../../../shared/money/quote.ts";
import { writeJobFile } from "../../../../shared/objects/job-file.ts";
import { requestKey, tagOf, wireId } from "../../../../shared/objects/keys.ts";
import { writeText } from "../../../../shared/objects/objects.ts";
import { formatOf } from "../../../../shared/providers/formats.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();

/** Lines of each batch: some are missing, as they were invalid, and the second batch has none. */
const BATCHES = [range(1, 3000), [], range(3005, 3006), range(4000, 9000)].map((lines) =>
  lines.filter((line) => line % 7 !== 0),
);
const PROVIDERS: ProviderName[] = ["openai", "anthropic"];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

beforeAll(async () => {
  for (const provider of PROVIDERS) {
    const { framing, bodyKey } = formatOf(provider);
    for (const [at, lines] of BATCHES.entries()) {
      const tag = tagOf(provider, at + 1, 1);
      const requests = lines.map((line) => {
        const body = { messages: [{ role: "user", content: `What is ${line}? ${"x".repeat(line % 300)}` }] };
        return JSON.stringify({ custom_id: wireId(tag, line), [bodyKey]: body });
      });
      const text = framing.open + requests.join(framing.separator) + framing.close;
      await writeText(requestKey(provider, at + 1, 1), text);
    }
    await writeJobFile(provider, {
      spec: JobSpec.parse({ provider, model: "m" }),
      key: "inbox/a.jsonl",
      header: 0,
      lines: 9000,
      batches: BATCHES.map(({ length }) => ({ ...emptyQuote(), requests: length })),
    });
  }
});

test.each(PROVIDERS)("%s: each line's prompt is found, whatever lines were not sent", async (provider) => {
  for (const line of [1, 2, 1500, 2999, 3005, 4000, 6001, 8999, 9000])
    expect(await promptOf(provider, line)).toMatch(new RegExp(`^\\[user\\] What is ${line}\\? x*$`));
});

test.each(PROVIDERS)("%s: a line that was not sent has none", async (provider) => {
  for (const line of [0, 7, 3003, 3500, 6300, 9001, Number.NaN])
    expect(await promptOf(provider, line)).toBeNull();
});

test("a job whose requests are gone has none", async () => {
  expect(await promptOf("gone", 1)).toBeNull();
  await writeJobFile("half-gone", {
    spec: JobSpec.parse({ provider: "openai", model: "m" }),
    key: "inbox/a.jsonl",
    header: 0,
    lines: 1,
    batches: [{ ...emptyQuote(), requests: 1 }],
  });
  expect(await promptOf("half-gone", 1)).toBeNull();
});
