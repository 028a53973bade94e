import { expect, test } from "vitest";
import type { Waiting } from "../../../../functions/collect-results/next-round.ts";
import { writeRows } from "../../../../functions/collect-results/write-rows.ts";
import { BatchResult } from "../../../../shared/models.ts";
import { formatEntry, type IndexEntry } from "../../../../shared/objects/index-line.ts";
import { indexKey, requestKey, rowsKey, tagOf, unansweredKey } from "../../../../shared/objects/keys.ts";
import { readText, writeText } from "../../../../shared/objects/objects.ts";
import { RoundReport } from "../../../../shared/round/round-report.ts";
import { Spool } from "../../../../shared/round/spool.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

const ENTRIES: IndexEntry[] = [
  [1, "one"],
  [3, "", "line 3: not valid JSON"],
  [4, 'qu"ote\u2028\ud800'],
  [7, "seven"],
  [8, "eight"],
];

/** No line waits for a later round. */
const NONE: Waiting = { fresh: new Set(), again: new Set() };

async function writeIndex(job_id: string): Promise<void> {
  await writeText(indexKey(job_id, 1), ENTRIES.map(formatEntry).join(""));
}

/** Answers to some lines, added in the order given. */
function answersTo(lines: Record<number, "succeeded" | "failed" | "expired">) {
  const spool = new Spool();
  for (const [line, status] of Object.entries(lines)) {
    const error = status === "succeeded" ? null : `${status} ${line}`;
    const tail = JSON.stringify({ status, response: null, error, raw: { line: Number(line) } }).slice(1);
    spool.add(Number(line), status, status === "expired", tail);
  }
  return { spool, report: new RoundReport(5) };
}

async function rowsOf(job_id: string, round: number): Promise<BatchResult[]> {
  const text = (await readText(rowsKey(job_id, 1, round))) ?? "";
  return text
    .trimEnd()
    .split("\n")
    .map((line) => BatchResult.parse(JSON.parse(line)));
}

test("one row for every line of the index, in its order", async () => {
  await writeIndex("rows");
  const record = recordOf({ job_id: "rows" });
  // Line 99 is in no index, line 4 got no answer.
  const rows = await writeRows(
    record,
    answersTo({ 8: "succeeded", 99: "succeeded", 7: "expired", 1: "succeeded" }),
    NONE,
  );
  expect(
    (await rowsOf("rows", 1)).map(({ line, custom_id, status, error }) => [line, custom_id, status, error]),
  ).toEqual([
    [1, "one", "succeeded", null],
    [3, "", "invalid", "line 3: not valid JSON"],
    [4, 'qu"ote\u2028\ud800', "failed", "the provider returned no result for this item"],
    [7, "seven", "expired", "expired 7"],
    [8, "eight", "succeeded", null],
  ]);
  expect(rows).toMatchObject({
    counts: { succeeded: 2, invalid: 1, failed: 1, expired: 1, cancelled: 0 },
    unanswered: 3,
    retry: new Set([4, 7]),
  });
  expect(rows.bytes).toBe(Buffer.byteLength((await readText(rowsKey("rows", 1, 1))) ?? ""));
  expect(await readText(unansweredKey("rows", 1, 1))).toBe("3\n4\n7\n");
});

test("carried columns stand beside the answer, digit for digit", async () => {
  const job_id = "carried";
  const carried = '{"id":12345678901234567890,"price":1.0}';
  const entries: IndexEntry[] = [
    [1, "one", undefined, carried],
    [2, "two", "row 2: no", carried],
    [3, "three", undefined, carried],
  ];
  await writeText(indexKey(job_id, 1), entries.map(formatEntry).join(""));
  await writeRows(recordOf({ job_id }), answersTo({ 1: "succeeded" }), NONE);
  const rows = ((await readText(rowsKey(job_id, 1, 1))) ?? "").trimEnd().split("\n");
  expect(rows.map((row) => row.includes(`"input":${carried},"status"`))).toEqual([true, true, true]);
  expect(rows.map((row) => BatchResult.parse(JSON.parse(row)).status)).toEqual([
    "succeeded",
    "invalid",
    "failed",
  ]);
});

test("a later round keeps the rows of lines that were not sent again, byte for byte", async () => {
  const job_id = "again";
  await writeIndex(job_id);
  const first = recordOf({ job_id });
  await writeRows(first, answersTo({ 1: "succeeded", 7: "expired", 8: "failed" }), NONE);
  const tag = tagOf(job_id, 1, 2);
  await writeText(
    requestKey(job_id, 1, 2),
    [4, 7].map((line) => `{"custom_id":"${tag}-${line}"}\n`).join(""),
  );
  const two = await writeRows(recordOf({ job_id, round: 2 }), answersTo({ 7: "succeeded" }), NONE);
  const before = ((await readText(rowsKey(job_id, 1, 1))) ?? "").split("\n");
  const after = ((await readText(rowsKey(job_id, 1, 2))) ?? "").split("\n");
  for (const at of [0, 1, 4]) expect(after[at]).toBe(before[at]);
  expect((await rowsOf(job_id, 2)).map(({ line, status }) => [line, status])).toEqual([
    [1, "succeeded"],
    [3, "invalid"],
    [4, "failed"],
    [7, "succeeded"],
    [8, "failed"],
  ]);
  expect(two).toMatchObject({
    counts: { succeeded: 2, invalid: 1, failed: 2, expired: 0 },
    retry: new Set([4]),
  });
  expect(await readText(unansweredKey(job_id, 1, 2))).toBe("3\n4\n8\n");
});

test("a failed validation is reported by the position in the request file, not by the line", async () => {
  await writeIndex("places");
  const raw = { errors: { data: [{ code: "bad", line: 2, message: "second request" }] } };
  await writeRows(recordOf({ job_id: "places", status: "failed", raw }), answersTo({}), NONE);
  expect((await rowsOf("places", 1)).map(({ line, error }) => [line, error])).toEqual([
    [1, "the batch failed because of other lines"],
    [3, "line 3: not valid JSON"],
    [4, "bad: second request"],
    [7, "the batch failed because of other lines"],
    [8, "the batch failed because of other lines"],
  ]);
});

test("lines that wait for a later round end with the batch when it is stopped", async () => {
  const job_id = "stopped";
  await writeIndex(job_id);
  await writeRows(recordOf({ job_id }), answersTo({ 1: "succeeded", 7: "failed" }), NONE);
  await writeText(requestKey(job_id, 1, 2), `{"custom_id":"${tagOf(job_id, 1, 2)}-4"}\n`);
  const cancelled = recordOf({ job_id, round: 2, status: "cancelled" });
  const rows = await writeRows(cancelled, answersTo({}), { fresh: new Set([8]), again: new Set() });
  expect((await rowsOf(job_id, 2)).map(({ line, status, error }) => [line, status, error])).toEqual([
    [1, "succeeded", null],
    [3, "invalid", "line 3: not valid JSON"],
    [4, "cancelled", "the batch was cancelled before this item was answered"],
    [7, "failed", "failed 7"],
    [8, "cancelled", "cancelled before it was sent"],
  ]);
  expect(rows).toMatchObject({ counts: { cancelled: 2, failed: 1 }, retry: new Set() });
});

test("of a round that the cap stopped, lines that wait to be asked again say so; of a cancelled one they keep their error", async () => {
  const again = new Set([8]);
  for (const [job_id, end, error] of [
    [
      "capped",
      { status: "failed", over_cost: true, error: "not sent: max_cost_usd" },
      "not sent: max_cost_usd",
    ],
    ["stopped", { status: "cancelled" }, "expired 8"],
  ] as const) {
    await writeIndex(job_id);
    const first = answersTo({ 1: "succeeded", 4: "expired", 7: "succeeded", 8: "expired" });
    await writeRows(recordOf({ job_id }), first, NONE);
    const request = { custom_id: `${tagOf(job_id, 1, 2)}-4`, body: {} };
    await writeText(requestKey(job_id, 1, 2), `${JSON.stringify(request)}\n`);
    const unsent = recordOf({ job_id, round: 2, provider_batch_id: undefined, ...end });
    await writeRows(unsent, answersTo({}), { fresh: new Set(), again });
    expect((await rowsOf(job_id, 2)).find(({ line }) => line === 8)?.error).toBe(error);
  }
});
