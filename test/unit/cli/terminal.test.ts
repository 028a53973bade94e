/** What reaches the terminal: nothing from outside that moves it, bars that never draw over text or a question. */
import { expect, test } from "vitest";
import type { JobStatus } from "../../../cli/job/job-status.ts";
import { jobBars } from "../../../cli/output/job-bars.ts";
import { jobTable } from "../../../cli/output/job-table.ts";
import { foldProblems } from "../../../cli/output/problems.ts";
import { safeJson, safeText } from "../../../cli/output/safe-text.ts";
import { Terminal } from "../../../cli/output/terminal.ts";

/** A terminal of some columns, and what stands on it. */
function screen(columns: number) {
  let written = "";
  const stream = {
    isTTY: true,
    columns,
    write(text: string) {
      written += text;
      return true;
    },
  } as unknown as NodeJS.WriteStream;
  return { terminal: new Terminal(stream), written: () => written, shown: () => shownBy(written, columns) };
}

const SOURCES = {
  up: String.raw`\u001b\[(\d+)A`,
  parts: String.raw`\u001b\[(\d+)A|\u001b\[0J|\n|\u001b\[\d+m|[^\u001b\n]+`,
  unsafe: String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u2066]`,
};
const UP = new RegExp(SOURCES.up, "u");
const PARTS = new RegExp(SOURCES.parts, "gu");
const UNSAFE = new RegExp(SOURCES.unsafe, "u");

/** Plays what was written: rows of text, a cursor that goes up, and the clearing of what is below it. */
function shownBy(written: string, columns: number): string[] {
  const rows: string[] = [""];
  let at = 0;
  for (const [part] of written.matchAll(PARTS)) {
    const up = UP.exec(part);
    if (up) at -= Number(up[1]);
    else if (part === "\u001b[0J") rows.splice(at, rows.length, "");
    else if (part === "\n") rows[++at] ??= "";
    else if (!part.startsWith("\u001b")) rows[at] = part + (rows[at] ?? "").slice(part.length);
  }
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(columns);
  return rows;
}

const bar = (value: number) => ({ label: "job", value, total: 10, text: `${value} of 10 items` });

test("lines go above the bars, without leftovers of them", () => {
  const { terminal, shown } = screen(80);
  terminal.bars([bar(1), bar(2), bar(3)]);
  terminal.line("short");
  terminal.bars([bar(4)]);
  terminal.line("next");
  expect(shown()).toEqual(["short", "next", "job ████░░░░░░  40%  4 of 10 items", ""]);
  terminal.endBars();
  expect(shown()).toEqual(["short", "next", ""]);
});

test("while a question stands, no tick draws bars or text over it", () => {
  const { terminal, written, shown } = screen(80);
  terminal.bars([bar(1)]);
  terminal.hold();
  const before = written();
  terminal.bars([bar(2)]);
  terminal.line("a state passes");
  terminal.bars([bar(3)]);
  expect(written()).toBe(before);
  terminal.release();
  terminal.bars([bar(4)]);
  expect(shown()).toEqual(["a state passes", "job ████░░░░░░  40%  4 of 10 items", ""]);
});

const now = 1_700_000_000;
const job = {
  job_id: `${"a-long-name-of-a-file-".repeat(2)}0123456789ab`,
  status: "in_progress",
  created_at: now - 4000,
};
const record = {
  batch: 1,
  status: "in_progress",
  next_poll_at: now + 100,
  provider_batch_id: "batch_1",
  round: 2,
};
const status = {
  job: { ...job, model: "gpt-4.1-mini", provider: "openai" },
  ...{ ended: false, answered: 1_234, items: 117_659, batches: 12, batchesDone: 3 },
  begun: [{ batch: 1, round: 2, state: "running", since: now - 500, items: 50_000, answered: 10, record }],
  execution: { alive: true, text: "" },
  receipt: { total_tokens: 123_456_789, cost_usd: 12.345 },
} as unknown as JobStatus;

test("at 80 columns the bars say how far it is and when the next poll is", () => {
  const { terminal, shown } = screen(80);
  terminal.bars(jobBars(status, now));
  expect(shown()[0]).toContain("1,234 of 117,659 items, 3 of 12 batches, 1h 6m");
  expect(shown()[1]).toContain("round 2, at the provider (in_progress) 8m, poll in 1m");
});

test("a list that is too wide takes two lines for each job; a program gets one", () => {
  const created_at = Date.now() / 1000 - 4000;
  const jobs = [
    { origin: "http://127.0.0.1:11434/v1", status: { ...status, job: { ...status.job, created_at } } },
  ];
  const narrow = jobTable(jobs, 80).split("\n");
  expect(narrow).toEqual([
    job.job_id,
    expect.stringMatching(/^ {2}in_progress, 127.0.0.1:11434, gpt-4.1-mini, 1,234\/117,659, 12.35 USD, /),
  ]);
  expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(jobTable(jobs).split("\n")).toHaveLength(2);
  expect(jobTable(jobs)).toMatch(/^JOB .*\n.*in_progress +127.0.0.1:11434 +gpt-4.1-mini /);
});

const HOSTILE = "gpt\u001b[2J\u001b]0;title\u0007\u009b31m\r\u202e\u2066-4\u001b[8m";

test("text from outside moves nothing: not in lines, cells, bars, errors or JSON", () => {
  expect(safeText(HOSTILE)).not.toMatch(UNSAFE);
  expect(safeText(HOSTILE)).toContain("gpt\\u001b[2J");
  expect(safeText("two\nlines\tand \u001b[31mred", { colours: true })).toBe("two\nlines\tand \u001b[31mred");
  expect(safeJson({ model: HOSTILE })).not.toMatch(UNSAFE);
  expect(JSON.parse(safeJson({ model: HOSTILE }))).toEqual({ model: HOSTILE });
  expect(
    jobTable([{ origin: HOSTILE, status: { ...status, job: { ...status.job, model: `${HOSTILE}\nx` } } }]),
  ).not.toMatch(UNSAFE);
  const { terminal, written } = screen(80);
  terminal.line(HOSTILE);
  terminal.bars([{ ...bar(1), text: HOSTILE }]);
  expect(written()).not.toMatch(UNSAFE);
});

test("problems of one kind are one line", () => {
  const lines = Array.from({ length: 10 }, (_, index) => `line ${index + 1}: not valid JSON`);
  expect(foldProblems(["10 of 12 lines are not valid:", ...lines, "line 11: x"].join("\n"))).toBe(
    "10 of 12 lines are not valid:\nline 1: not valid JSON (and 9 more lines alike)\nline 11: x",
  );
});
