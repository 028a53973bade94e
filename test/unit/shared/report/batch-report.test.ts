import { expect, test } from "vitest";
import { BatchReport, type LineEnd } from "../../../../shared/report/batch-report.ts";
import { bucketOf, bucketStart } from "../../../../shared/report/histogram.ts";
import { isSampled, SAMPLE_ROWS } from "../../../../shared/report/sample.ts";

function answer(line: number, parsed: unknown, tokens = 10): LineEnd {
  const usage = { prompt_tokens: tokens, completion_tokens: 1 };
  return { line, status: "succeeded", error: null, response: { parsed, finish_reason: "stop", usage } };
}
const failure = (line: number, error: string): LineEnd => ({ line, status: "failed", error, response: null });

test("two parts, stored and merged, count what one whole counts", () => {
  const ends = Array.from({ length: 400 }, (_, n) =>
    n % 9 === 0 ? failure(n + 1, `row ${n}: bad`) : answer(n + 1, { kind: `k${n % 3}`, score: n % 5 }, n),
  );
  const whole = new BatchReport();
  for (const end of ends) whole.add(end, 400);
  const parts = [new BatchReport(), new BatchReport()] as const;
  for (const [n, end] of ends.entries()) parts[n < 200 ? 0 : 1].add(end, 400);
  const merged = new BatchReport();
  for (const part of parts) merged.merge(JSON.parse(JSON.stringify(part)));
  expect(JSON.parse(JSON.stringify(merged))).toEqual(JSON.parse(JSON.stringify(whole)));
  expect(whole.toJSON().errors).toEqual([
    { kind: "row #: bad", example: "row 0: bad", status: "failed", count: 45, lines: [1, 10, 19, 28, 37] },
  ]);
});

test("names from outside are no properties", () => {
  const report = new BatchReport();
  report.add(answer(1, JSON.parse('{"__proto__": 1, "constructor": "x", "toString": null}')), 1);
  report.add(failure(2, "__proto__"), 2);
  expect(report.toJSON().fields.map(({ name, count }) => [name, count])).toEqual([
    ["__proto__", 1],
    ["constructor", 1],
    ["toString", 1],
  ]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test("a report stays small whatever comes", () => {
  const report = new BatchReport();
  for (let line = 1; line <= 3000; line++) {
    report.add(answer(line, { [`field ${line}`]: "v".repeat(5000), same: `value ${line}` }), 3000);
    report.add(failure(line, `${"kind".repeat(line)}`), 3000);
  }
  expect(JSON.stringify(report).length).toBeLessThan(200_000);
  const same = report.toJSON().fields.find(({ name }) => name === "same");
  expect(same).toMatchObject({ count: 3000, others: 2800 });
});

test.each([1, 150, 1_000, 100_000, 2_000_000])(
  "of %d lines enough are sampled, and not many more",
  (lines) => {
    let sampled = 0;
    for (let line = 1; line <= lines; line++) if (isSampled(line, lines)) sampled++;
    expect(sampled).toBeGreaterThanOrEqual(Math.min(lines, SAMPLE_ROWS));
    expect(sampled).toBeLessThanOrEqual(SAMPLE_ROWS * 2);
  },
);

test.each([0, 1, 2, 3, 17, 1000, 128_000])("%d lies in its bucket", (value) => {
  expect(bucketStart(bucketOf(value))).toBeLessThanOrEqual(value + 1e-9);
  expect(bucketStart(bucketOf(value) + 1)).toBeGreaterThan(value);
});

test("of many different numbers the shape is kept", () => {
  const report = new BatchReport();
  for (let line = 1; line <= 2000; line++) report.add(answer(line, { score: line / 2000 }), 2000);
  const [score] = report.toJSON().fields;
  expect(score).toMatchObject({ count: 2000, others: 0, numbers: { min: 1 / 2000, max: 1 } });
  expect(score?.values.length).toBeLessThanOrEqual(200);
  expect(score?.values.reduce((sum, [, count]) => sum + count, 0)).toBe(2000);
});
