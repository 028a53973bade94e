import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Spool } from "../../../../shared/round/spool.ts";

function spool(): Spool {
  const opened = new Spool();
  onTestFinished(() => opened.close());
  return opened;
}

test("answers come back by line, in any order, before and after they went to disk", () => {
  const answers = spool();
  const text = (line: number) => `${line} é日😀 ${"x".repeat(line % 3000)}`;
  for (let line = 5000; line > 0; line--) answers.add(line, "succeeded", false, text(line));
  for (const line of [1, 5000, 2500, 17, 4999]) {
    expect(answers.get(line)?.bytes.toString()).toBe(text(line));
  }
  expect(answers.get(5001)).toBeNull();
});

test("a later answer takes the place of an earlier one", () => {
  const answers = spool();
  answers.add(7, "expired", true, "first");
  expect(answers.statusOf(7)).toBe("expired");
  answers.add(7, "succeeded", false, "second");
  expect(answers.get(7)).toMatchObject({ status: "succeeded", retryable: false });
  expect(answers.get(7)?.bytes.toString()).toBe("second");
});

test("an answer larger than the write buffer, and an empty one", () => {
  const answers = spool();
  answers.add(1, "succeeded", false, "y".repeat(3 * 1024 * 1024));
  answers.add(2, "failed", false, "");
  expect(answers.get(1)?.bytes.length).toBe(3 * 1024 * 1024);
  expect(answers.get(2)?.bytes.length).toBe(0);
});

test("nothing stays on disk", () => {
  const dir = mkdtempSync(join(tmpdir(), "spool-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  vi.stubEnv("TMPDIR", dir);
  const opened = new Spool();
  // The file is made when the first block is full.
  opened.add(1, "succeeded", false, "x".repeat(2 * 1024 * 1024));
  vi.unstubAllEnvs();
  expect(readdirSync(dir)).toHaveLength(1);
  opened.close();
  expect(readdirSync(dir)).toEqual([]);
});
