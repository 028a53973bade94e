import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dequeue, enqueue, queuedExecutions } from "../../../../local/host/queue.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-queue-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const entry = (execution: string) => ({
  execution,
  job_id: "data-0123456789ab",
  provider: "openai",
  input: { key: "inbox/0/data", job_key: "inbox/0/data.1.settings.json" },
});

test("what is queued is there until it is removed, once however often it was queued", () => {
  const dir = folder();
  expect(queuedExecutions(dir)).toEqual([]);
  enqueue(dir, entry("data-1"));
  enqueue(dir, entry("data-1"));
  enqueue(dir, entry("data-2"));
  expect(queuedExecutions(dir)).toHaveLength(2);
  dequeue(dir, "data-1");
  dequeue(dir, "data-1");
  expect(queuedExecutions(dir)).toEqual([entry("data-2")]);
});

test("a file that somebody else put there, or that a crash left, is no execution", () => {
  const dir = folder();
  enqueue(dir, entry("data-1"));
  writeFileSync(join(dir, "queue", "half.json"), '{"execution": "ha');
  writeFileSync(join(dir, "queue", "data-2.json.4711"), JSON.stringify(entry("data-2")));
  expect(queuedExecutions(dir)).toEqual([entry("data-1")]);
});

test("only this user reads what is queued", () => {
  const dir = folder();
  enqueue(dir, entry("data-1"));
  const [name = ""] = readdirSync(join(dir, "queue"));
  expect(statSync(join(dir, "queue", name)).mode & 0o777).toBe(0o600);
});
