import { beforeAll, expect, test } from "vitest";
import type { RowsFile } from "../../../../cli/results/collected-rows.ts";
import { lastRows, type RowPage, readPage } from "../../../../cli/view/rows.ts";
import { rowsFile } from "../../../../cli/view/rows-file.ts";
import { emptyQuote } from "../../../../shared/money/quote.ts";
import { indexKey, resultsKey, rowsKey } from "../../../../shared/objects/keys.ts";
import { writeLeftovers } from "../../../../shared/objects/leftovers.ts";
import { ObjectWriter } from "../../../../shared/objects/object-writer.ts";
import { writeText } from "../../../../shared/objects/objects.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

const ROWS = 100_000;
const JOB = "many";

const rowOf = (line: number) =>
  JSON.stringify({
    line,
    custom_id: `row ${line}`,
    status: line % 1000 === 0 ? "failed" : "succeeded",
    response: {
      content: `${"x".repeat(line % 200)} "status":"failed" \u2028 ${line === 77_777 ? 'nee"dle' : ""}`,
    },
  });

beforeAll(async () => {
  const writer = new ObjectWriter(resultsKey(JOB));
  for (let line = 1; line <= ROWS; line++) await writer.write(`${rowOf(line)}\n`);
  await writer.close();
});

const linesOf = (page: RowPage) => page.rows.map(({ text }) => JSON.parse(text).line as number);

async function fileOf(job_id: string): Promise<RowsFile> {
  const file = await rowsFile(job_id);
  if (!file) throw new Error(`${job_id} has no rows`);
  return file;
}

test("the pages hold every row once, in order", async () => {
  let from = 0;
  let expected = 1;
  for (let size = 1; from < size; ) {
    const page = await readPage(await fileOf(JOB), { from, count: 20_000 });
    for (const line of linesOf(page)) expect(line).toBe(expected++);
    from = page.next;
    size = page.size;
  }
  expect(expected).toBe(ROWS + 1);
});

test("from any byte, reading begins with the next row", async () => {
  const first = Buffer.byteLength(rowOf(1)) + 1;
  for (const [from, line] of [
    [0, 1],
    [1, 2],
    [first - 1, 2],
    [first, 2],
    [first + 1, 3],
  ] as const)
    expect(linesOf(await readPage(await fileOf(JOB), { from, count: 1 }))).toEqual([line]);
});

test("the last rows are found from the end", async () => {
  const page = await readPage(await fileOf(JOB), { from: await lastRows(await fileOf(JOB), 50), count: 200 });
  expect(linesOf(page)).toEqual(Array.from({ length: 50 }, (_, n) => ROWS - 49 + n));
});

test("rows are found by their status, whatever their text says, and by their text", async () => {
  const failed: number[] = [];
  let from = 0;
  for (let size = 1; from < size; ) {
    const page = await readPage(await fileOf(JOB), { from, count: 40, status: "failed" });
    failed.push(...linesOf(page));
    from = page.next;
    size = page.size;
  }
  expect(failed).toEqual(Array.from({ length: ROWS / 1000 }, (_, n) => (n + 1) * 1000));
  let found: number[] = [];
  for (from = 0; found.length === 0; ) {
    const page = await readPage(await fileOf(JOB), { from, count: 1, text: 'nee"dle' });
    found = linesOf(page);
    from = page.next;
  }
  expect(found).toEqual([77_777]);
});

test("a status that was carried with a row or answered is not the row's", async () => {
  const writer = new ObjectWriter(resultsKey("carried"));
  const response = { content: "", parsed: { status: "failed" } };
  await writer.write(
    `${JSON.stringify({ line: 1, input: { status: "failed" }, status: "succeeded", response })}\n`,
  );
  await writer.write(`${JSON.stringify({ line: 2, input: { status: "succeeded" }, status: "failed" })}\n`);
  await writer.close();
  const page = await readPage(await fileOf("carried"), { from: 0, count: 10, status: "failed" });
  expect(linesOf(page)).toEqual([2]);
});

test("a job that nothing was collected of has no rows", async () => {
  expect(await rowsFile("none")).toBeNull();
});

// Both of its rows were shown while the job was at work.
test.each([
  ["sent", "b", [1, 3, 4, 2]],
  ["not sent", undefined, [1, 2, 3, 4]],
] as const)(
  "an item of a last round has one row: the round was %s",
  async (name, provider_batch_id, lines) => {
    const job_id = `pooled ${name}`;
    const batches: [number, string][] = [
      [1, [1, 2].map((line) => `${rowOf(line)}\n`).join("")],
      [2, [3, 4].map((line) => `${rowOf(line)}\n`).join("")],
      [3, `${rowOf(2)}\n`],
    ];
    for (const [batch, rows] of batches) {
      await writeText(rowsKey(job_id, batch, 1), rows);
      const sent = batch === 3 ? { provider_batch_id } : {};
      const rows_bytes = Buffer.byteLength(rows);
      await begin(recordOf({ job_id, batch, collected: true, rows_bytes, ...sent }));
    }
    await writeText(indexKey(job_id, 3), '[2,"row 2"]\n');
    await writeLeftovers(job_id, { batch: 3, from: [1], quote: emptyQuote() });
    expect(linesOf(await readPage(await fileOf(job_id), { from: 0, count: 10 }))).toEqual(lines);
  },
);
