import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Settled, StoredBatch } from "./batch.ts";
import { fractionOf, shuffle } from "./chance.ts";
import { isBlank, readLines, writeLines } from "./lines.ts";
import type { Answer, Protocol } from "./protocol.ts";
import type { Schedule } from "./schedule.ts";

/** One request on its way to the results; without an answer, it did not run. */
export interface Settling {
  custom_id: string;
  answer: Answer | null;
  /** Its body, where result lines repeat it. */
  request?: Record<string, unknown> | undefined;
}

/** The requests of a batch, by its folder: a line each. */
export const requestsPath = (folder: string) => join(folder, "requests.jsonl");

/** The result files of a batch for one outcome. */
export function resultPaths(folder: string, key: string): { output: string; errors: string } {
  return { output: join(folder, `output-${key}.jsonl`), errors: join(folder, `errors-${key}.jsonl`) };
}

/** Names an outcome: the same schedule gives the same results. */
export function settleKey(schedule: Schedule): string {
  return `${schedule.outcome}-${schedule.share.toFixed(6)}`;
}

/**
 * The sandbox's own answers, in the order of the requests or one that depends on the batch's id only. Each request has
 * a moment, a number drawn from (batch, custom_id). It has run when that lies within the share of the work that was
 * done.
 */
export async function* ownAnswers(
  batch: StoredBatch,
  protocol: Protocol,
  folder: string,
  share: number,
): AsyncGenerator<Settling> {
  const lines = requestLines(requestsPath(folder));
  for await (const line of protocol.inOrder ? lines : shuffle(lines, batch.id)) {
    const request = protocol.parse(line);
    const ran = share >= 1 || fractionOf(batch.id, request.custom_id) < share;
    const answer = ran ? protocol.answer(batch, request) : null;
    yield { custom_id: request.custom_id, answer, request: protocol.echoes && request.body };
  }
}

/** The lines of a request file that hold a request. */
export async function* requestLines(path: string): AsyncGenerator<Buffer> {
  for await (const line of readLines(path)) if (!isBlank(line)) yield line;
}

/** Writes a batch's result files; a kill in the middle leaves nothing that counts. */
export async function settle(
  batch: StoredBatch,
  protocol: Protocol,
  folder: string,
  schedule: Schedule,
  results: AsyncIterable<Settling>,
): Promise<Settled> {
  const key = settleKey(schedule);
  const paths = resultPaths(folder, key);
  const settled: Settled = { ...NOTHING, key };
  const output = await writeLines(`${paths.output}.new`);
  const errors = protocol.separateErrors ? await writeLines(`${paths.errors}.new`) : output;
  try {
    for await (const { custom_id, answer, request } of results) {
      if (answer === null) {
        settled.unrun += 1;
        const line = protocol.unrunLine(batch, custom_id, schedule.outcome);
        if (line !== null) await errors.write(line);
      } else {
        count(settled, answer);
        const file = answer.status === 200 ? output : errors;
        await file.write(protocol.ranLine(batch, custom_id, answer, request));
      }
    }
  } finally {
    await output.close();
    if (errors !== output) await errors.close();
  }
  settled.output_bytes = output.bytes;
  settled.error_bytes = errors === output ? 0 : errors.bytes;
  await rename(`${paths.output}.new`, paths.output);
  if (errors !== output) await rename(`${paths.errors}.new`, paths.errors);
  return settled;
}

/** Removes the result files of an outcome that did not come to pass. */
export async function unsettle(folder: string, key: string): Promise<void> {
  const paths = resultPaths(folder, key);
  await rm(paths.output, { force: true });
  await rm(paths.errors, { force: true });
}

/** Nothing ran, nothing was written. */
export const NOTHING: Readonly<Settled> = {
  key: "",
  succeeded: 0,
  failed: 0,
  unrun: 0,
  input_tokens: 0,
  cached_tokens: 0,
  output_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  output_bytes: 0,
  error_bytes: 0,
};

function count(settled: Settled, answer: Answer): void {
  if (answer.status !== 200) {
    settled.failed += 1;
    return;
  }
  settled.succeeded += 1;
  settled.input_tokens += answer.usage.input;
  settled.cached_tokens += answer.usage.cached;
  settled.output_tokens += answer.usage.output;
  settled.cache_write_tokens += answer.usage.written;
  settled.reasoning_tokens += answer.usage.reasoning;
}
