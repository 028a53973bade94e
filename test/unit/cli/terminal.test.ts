/** What reaches the terminal: nothing from outside that moves it, bars that never draw over text or a question. */
import { expect, test, vi } from "vitest";
import type { JobStatus } from "../../../cli/job/job-status.ts";
import { jobBars } from "../../../cli/output/job-bars.ts";
import { jobTable } from "../../../cli/output/job-table.ts";
import { AnswerPace } from "../../../cli/output/pace.ts";
import { foldProblems } from "../../../cli/output/problems.ts";
import { print, printError, safeJson, safeText } from "../../../cli/output/safe-text.ts";
import { Terminal } from "../../../cli/output/terminal.ts";
import { screenOf } from "../../harness/screen.ts";

/** A terminal of some columns, what was written to it, and what stands on it. */
function screen(columns: number, rows = 24) {
  let written = "";
  const stream = () =>
    ({
      isTTY: true,
      columns,
      rows,
      write(text: string) {
        written += text;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const [stdout, stderr] = [stream(), stream()];
  const shown = () => screenOf(written, { columns, rows });
  return { terminal: new Terminal(stdout, [stdout, stderr]), stdout, stderr, written: () => written, shown };
}

const bar = (value: number) => `job  ${value} of 10 items`;
const SOURCES = {
  unsafe: String.raw`[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202e\u2066]|\u001b(?!\[\d*[AJm])`,
  up4: String.raw`^\u001b\[4A`,
};
const UNSAFE = new RegExp(SOURCES.unsafe, "u");

test("lines go above the bars, without leftovers of them", async () => {
  const { terminal, shown } = screen(80);
  terminal.bars([bar(1), bar(2), bar(3)]);
  terminal.line("short");
  terminal.bars([bar(4)]);
  terminal.line("next");
  expect(await shown()).toEqual(["short", "next", bar(4)]);
  terminal.endBars();
  expect(await shown()).toEqual(["short", "next"]);
});

test("what others write to stdout or stderr goes above the bars, and never behind half a line", async () => {
  const { terminal, stdout, stderr, shown } = screen(80);
  terminal.bars([bar(1), bar(2)]);
  stderr.write("(node:1) Warning: something\n");
  expect(await shown()).toEqual(["(node:1) Warning: something", bar(1), bar(2)]);
  stdout.write("half a line, ");
  terminal.bars([bar(3)]);
  expect(await shown()).toEqual(["(node:1) Warning: something", "half a line,"]);
  stdout.write("and its end\n");
  expect(await shown()).toEqual(["(node:1) Warning: something", "half a line, and its end", bar(3)]);
});

test("bars that do not fit are cut, and as many as the terminal has lines are drawn", async () => {
  const { terminal, shown } = screen(20, 5);
  for (let n = 0; n < 3; n++) terminal.bars(Array.from({ length: 30 }, (_, at) => `${at} ${"x".repeat(30)}`));
  const lines = await shown();
  expect(lines).toEqual([0, 1, 2, 3].map((at) => `${at} ${"x".repeat(16)}…`));
  terminal.line("above");
  terminal.endBars();
  expect(await shown()).toEqual(["above"]);
});

test("a terminal that becomes narrower while bars stand keeps nothing of them", async () => {
  const { terminal, stdout, written } = screen(80);
  terminal.bars(["x".repeat(70), "y".repeat(70)]);
  const before = written().length;
  stdout.columns = 40;
  terminal.line("text");
  // Each bar of 70 takes two lines of 40 now.
  expect(written().slice(before)).toMatch(new RegExp(SOURCES.up4, "u"));
});

test("while a question stands, no tick draws bars or text over it", async () => {
  const { terminal, stderr, written, shown } = screen(80);
  terminal.bars([bar(1)]);
  terminal.hold();
  stderr.write("Leave it (c)? ");
  const before = written();
  terminal.bars([bar(2)]);
  terminal.line("a state passes");
  terminal.bars([bar(3)]);
  expect(written()).toBe(before);
  // The person's Enter.
  stderr.write("\n");
  terminal.release();
  terminal.bars([bar(4)]);
  expect(await shown()).toEqual(["Leave it (c)?", "a state passes", bar(4)]);
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

/** The lines of the job after it was seen with ever more answers. */
function lines(width: number, seen: [ago: number, answered: number][] = []): string[] {
  const pace = new AnswerPace();
  for (const [ago, answered] of seen) pace.see(answered, now - ago);
  return jobBars(status, pace, now, width);
}

test("at 80 columns the bars say how far it is, its pace, and when the next poll is", async () => {
  const { terminal, shown } = screen(80);
  terminal.bars(
    lines(80, [
      [400, 0],
      [300, 100],
      [200, 1200],
      [100, 1234],
    ]),
  );
  expect(await shown()).toEqual([
    "job   ░░░░░░░░░░   1%  1,234 of 117,659, 3 of 12 batches, 1h 6m, 12.35 USD",
    "pace  ▁▁▁▆██▆▁▁▁        4 a second, about 7h 50m left",
    "batch                    answered  state        for  next poll",
    "1      ░░░░░░░░░░   0%  10/50,000  in_progress   8m         1m  round 2",
  ]);
});

test("the pace is that of the last minutes, and unknown while there was one answer or none", () => {
  const pace = new AnswerPace();
  expect([pace.perSecond, pace.secondsTo(10, now), pace.spark(5)]).toEqual([null, null, ""]);
  pace.see(0, now);
  pace.see(0, now + 1000);
  expect([pace.perSecond, pace.spark(5)]).toEqual([null, ""]);
  pace.see(100, now + 1000);
  pace.see(700, now + 1060);
  expect(pace.perSecond).toBe(10);
  expect(pace.secondsTo(1000, now + 1070)).toBe(20);
  expect(pace.secondsTo(1000, now + 9000)).toBe(0);
  for (let n = 1; n < 5000; n++) pace.see(700 + n, now + 1060 + n);
  expect(pace.perSecond).toBeCloseTo(1);
  expect(pace.spark(40)).toHaveLength(40);
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
  terminal.bars([HOSTILE]);
  expect(written()).not.toMatch(UNSAFE);
  const stdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  print(HOSTILE);
  printError(HOSTILE);
  const printed = [...stdout.mock.calls, ...stderr.mock.calls].map(([text]) => String(text));
  stdout.mockRestore();
  stderr.mockRestore();
  expect(printed).toHaveLength(2);
  for (const text of printed) expect(text).not.toMatch(UNSAFE);
});

test("problems of one kind are one line", () => {
  const lines = Array.from({ length: 10 }, (_, index) => `line ${index + 1}: not valid JSON`);
  expect(foldProblems(["10 of 12 lines are not valid:", ...lines, "line 11: x"].join("\n"))).toBe(
    "10 of 12 lines are not valid:\nline 1: not valid JSON (and 9 more lines alike)\nline 11: x",
  );
});
