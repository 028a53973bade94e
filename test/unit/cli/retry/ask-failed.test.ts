/** A disk that is full while items are asked: what is paid for is kept, and nothing more is asked. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { FailedAsker } from "../../../../cli/retry/ask-failed.ts";
import { KeptAnswers } from "../../../../cli/try/kept-answers.ts";
import { tryRows } from "../../../../cli/try/try-rows.ts";
import { HeldRoom } from "../../../../local/held-room.ts";
import { writePrivate } from "../../../../local/private-file.ts";
import { ProviderRejectedError } from "../../../../shared/errors.ts";
import { JobSpec } from "../../../../shared/models.ts";
import type { AskedNow, NowProvider } from "../../../../shared/providers/ask-now.ts";

const SPEC = JobSpec.parse({ provider: "openai", model: "m" });
const FULL = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
const ROWS = 200;

/** A run over rows that all ask the same, with a disk that fails the writes that `fails` names by their number. */
async function run(fails: (write: number) => boolean = () => false, { rows = ROWS, refusesAt = 0 } = {}) {
  const dir = folder();
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
  const answers = new KeptAnswers(dir, new HeldRoom(dir), (...file) => {
    if (fails(++writes)) throw FULL;
    writePrivate(...file);
  });
  const asker = new FailedAsker(SPEC, { provider: { answerNow }, answers });
  let error: unknown;
  try {
    for (let line = 1; line <= rows; line++) await asker.ask({ line, custom_id: `${line}`, body: "{}" });
    await asker.finish();
  } catch (thrown) {
    error = thrown;
    await asker.finish().catch(() => {});
  }
  const kept: AskedNow[] = [];
  for await (const answer of answers.all()) kept.push(answer);
  return { asked, error, lost: answers.lost, kept };
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-full-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// Those behind the first hundred took an answer of another row, and its cost was counted once more.
test("rows that ask the same have an answer each", async () => {
  const { asked, kept } = await run();
  expect({ asked, kept: kept.length }).toEqual({ asked: ROWS, kept: ROWS });
});

test("the first refused write ends the asking, and the room that was held keeps what is under way", async () => {
  const { asked, error, lost, kept } = await run((write) => write === 20);
  expect(error).toMatchObject({ cause: FULL });
  expect(asked).toBeLessThan(100);
  expect({ lost, kept: kept.length }).toEqual({ lost: 0, kept: asked });
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
  const cache = new KeptAnswers(folder(), undefined, () => {
    throw FULL;
  });
  const rows = Array.from({ length: 20 }, (_, at) => ({ line: at, custom_id: "x", body: `{"n":${at}}` }));
  const deps = {
    provider: { answerNow },
    origin: undefined,
    cache,
    onRow: ({ line }: { line: number }) => void shown.push(line),
  };
  await expect(tryRows(rows, SPEC, deps)).rejects.toThrow(/^the disk of \/.* is full: free some space/);
  expect(shown.sort()).toEqual([0, 1, 2, 3, 4]);
});

test("answers that not even that room can hold are counted", async () => {
  const { asked, error, lost, kept } = await run((write) => write >= 20);
  expect(error).toMatchObject({ cause: FULL });
  expect({ lost, kept: kept.length }).toEqual({ lost: asked - 19, kept: 19 });
});

test("what was paid for an item that has no answer in the end is kept, too", async () => {
  const { asked, kept } = await run(undefined, { rows: 1, refusesAt: 2 });
  expect({ asked, kept }).toMatchObject({ asked: 2, kept: [{ outcome: null, paid: [{}] }] });
});
