import { expect, onTestFinished, test } from "vitest";
import { wireId } from "../../../../shared/objects/keys.ts";
import type { ItemOutcome } from "../../../../shared/providers/provider.ts";
import { type BatchRecord, readBatch } from "../../../../shared/records/batch-record.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { type Answers, noAnswers, takeOutcome } from "../../../../shared/round/answers.ts";
import { keepAnswers, keptAnswers } from "../../../../shared/round/kept-answers.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

/** Puts a round into the table. */
async function begun(job_id: string): Promise<BatchRecord> {
  const record = recordOf({ job_id, model: "gpt-4.1-mini" });
  await begin(record);
  return record;
}

async function again({ job_id, batch, round }: BatchRecord): Promise<BatchRecord> {
  return (await readBatch({ job_id, batch, round })) as BatchRecord;
}

function outcome(record: BatchRecord, line: number, content: string): ItemOutcome {
  const usage = { prompt_tokens: 10, completion_tokens: line, total_tokens: 10 + line };
  return {
    custom_id: wireId(record.tag, line),
    status: "succeeded",
    response: {
      content,
      thinking: null,
      parsed: null,
      tool_calls: [],
      finish_reason: "stop",
      usage,
      raw: "{}",
    },
    error: null,
    raw: "null",
    retryable: false,
  };
}

/** Answers to these lines, read up to the last of them. */
function answersTo(record: BatchRecord, lines: number[], fill = 0): Answers {
  const answers = noAnswers(record, 3);
  onTestFinished(() => answers.spool.close());
  for (const line of lines)
    takeOutcome(answers, outcome(record, line, `${line} ü ${"x".repeat(fill)}`), record.tag);
  answers.place = { file: 1, byte: lines.length * 100, custom_id: wireId(record.tag, lines.at(-1) ?? 0) };
  return answers;
}

/** What is kept for a record, without a file on disk. */
async function kept(record: BatchRecord) {
  const answers = await keptAnswers(record, 3);
  if (!answers) return null;
  onTestFinished(() => answers.spool.close());
  const { place, ours, roundBill } = answers;
  const rows = answers.spool.rows();
  const texts = rows.map(([line]) => answers.spool.get(line)?.bytes.toString());
  return { place, ours, bill: roundBill.bill, billed: roundBill.billed, rows, texts };
}

test("what is kept comes back, answers larger than a block of the spool included", async () => {
  const record = await begun("kept");
  const answers = answersTo(record, [5, 1, 70_000], 1_500_000);
  await keepAnswers(record, answers);
  const now = await again(record);
  expect(now.pauses).toBe(1);
  expect(await kept(now)).toEqual({
    place: answers.place,
    ours: 3,
    bill: answers.roundBill.bill,
    billed: [5, 1, 70_000],
    rows: answers.spool.rows(),
    texts: [5, 1, 70_000].map((line) => answers.spool.get(line)?.bytes.toString()),
  });
});

test("nothing is kept before the first pause", async () => {
  expect(await keptAnswers(await begun("fresh"), 3)).toBeNull();
});

test("two runs that pause at once: one pause, and what is kept is one run's", async () => {
  const record = await begun("twice");
  const runs = [answersTo(record, [1, 2]), answersTo(record, [1, 2, 3])];
  await Promise.all(runs.map((answers) => keepAnswers(record, answers)));
  const now = await again(record);
  expect(now.pauses).toBe(1);
  const found = await kept(now);
  const places = runs.map(({ place }) => place);
  expect(places).toContainEqual(found?.place);
  expect(found?.rows.length).toBe((found?.place.byte ?? 0) / 100);
});

test("a late run does not take the place of a newer one", async () => {
  const record = await begun("late");
  const late = answersTo(record, [1]);
  await keepAnswers(record, answersTo(record, [1, 2]));
  await keepAnswers(await again(record), answersTo(record, [1, 2, 3, 4]));
  await keepAnswers(record, late);
  const now = await again(record);
  expect(now.pauses).toBe(2);
  expect((await kept(now))?.rows).toHaveLength(4);
});

test("answers of a batch that was given back are nobody's", async () => {
  const record = await begun("foreign");
  await keepAnswers(record, answersTo(record, [1, 2]));
  const now = await again(record);
  expect(await keptAnswers({ ...now, provider_batch_id: "another" }, 3)).toBeNull();
});
