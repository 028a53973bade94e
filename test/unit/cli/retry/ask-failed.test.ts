/** A disk that is full while items are asked: what is paid for is kept, and nothing more is asked. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { FailedAsker } from "../../../../cli/retry/ask-failed.ts";
import { TryCache } from "../../../../cli/try/try-cache.ts";
import { tryRows } from "../../../../cli/try/try-rows.ts";
import { HeldRoom } from "../../../../local/held-room.ts";
import { writePrivate } from "../../../../local/private-file.ts";
import { ProviderRejectedError } from "../../../../shared/errors.ts";
import { JobSpec } from "../../../../shared/models.ts";
import type { NowProvider } from "../../../../shared/providers/ask-now.ts";

const SPEC = JobSpec.parse({ provider: "openai", model: "m" });
const FULL = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
const ROWS = 200;

/** A run over all rows, with a disk that fails the writes that `fails` names by their number. */
async function run(
  dir: string,
  fails: (write: number) => boolean = () => false,
  { rows = ROWS, refusesAt = 0 } = {},
) {
  let asked = 0;
  let writes = 0;
  const answerNow: NowProvider["answerNow"] = async ({ custom_id }) => {
    asked++;
    await sleep(20);
    if (asked === refusesAt) throw new ProviderRejectedError("refused");
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const response = {
      content: "yes",
      thinking: null,
      raw: "{}",
      parsed: null,
      tool_calls: [],
      finish_reason: "stop",
      usage,
    };
    const retryable = asked < refusesAt;
    const outcome = { custom_id, status: "succeeded", error: null, retryable, raw: "{}", response };
    return outcome as Awaited<ReturnType<NowProvider["answerNow"]>>;
  };
  const cache = new TryCache(dir, new HeldRoom(dir), (...file) => {
    if (fails(++writes)) throw FULL;
    writePrivate(...file);
  });
  const deps = { provider: { answerNow }, origin: undefined, cache, onRow: () => {} };
  const asker = new FailedAsker(join(dir, "results"), SPEC, deps);
  let error: unknown;
  try {
    for (let line = 1; line <= rows; line++)
      await asker.ask({ line, custom_id: `${line}`, body: `{"model":"m","n":${line}}` });
    await asker.finish();
  } catch (thrown) {
    error = thrown;
    await asker.giveUp();
  }
  return { asked, error, lost: cache.lost, unkept: asker.unkept };
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-full-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test("the first refused write ends the asking, and the room that was held keeps what is under way", async () => {
  const dir = folder();
  const first = await run(dir, (write) => write === 20);
  expect(first).toMatchObject({ error: { cause: FULL }, lost: 0 });
  expect(first.asked).toBeLessThan(100);
  expect(await run(dir)).toMatchObject({ asked: ROWS - first.asked, error: undefined, lost: 0 });
});

// They were paid, and neither kept nor shown.
test("a try on a full disk shows what was under way, and asks no more", async () => {
  const shown: number[] = [];
  const outcome = {
    custom_id: "1",
    status: "failed",
    error: "no",
    retryable: false,
    raw: "{}",
    response: null,
  };
  const answerNow: NowProvider["answerNow"] = async () =>
    outcome as Awaited<ReturnType<NowProvider["answerNow"]>>;
  const cache = new TryCache(folder(), undefined, () => {
    throw FULL;
  });
  const rows = Array.from({ length: 20 }, (_, at) => ({ line: at, custom_id: "x", body: `{"n":${at}}` }));
  const deps = {
    provider: { answerNow },
    origin: undefined,
    cache,
    onRow: ({ line }: { line: number }) => void shown.push(line),
  };
  await expect(tryRows(rows, SPEC, deps)).rejects.toThrow(/^the disk of \/.*\/try is full: free some space/);
  expect(shown.sort()).toEqual([0, 1, 2, 3, 4]);
});

test("answers that not even that room can hold are counted", async () => {
  const dir = folder();
  const first = await run(dir, (write) => write >= 20);
  expect(first).toMatchObject({ error: { cause: FULL }, lost: first.asked - 19 });
  expect(await run(dir)).toMatchObject({ asked: ROWS - 19, error: undefined });
});

test("an answer that was paid, and that no cache keeps, is counted: a run that writes no receipt may lose it", async () => {
  expect(await run(folder(), undefined, { rows: 1, refusesAt: 2 })).toMatchObject({ asked: 2, unkept: 1 });
  expect(await run(folder(), undefined, { rows: 1 })).toMatchObject({ asked: 1, unkept: 0 });
});
