/** Puts what a retry in real time has got into the job's files, whether it came to its end or was killed. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BatchJobInfo, JobSpec } from "../../shared/models.ts";
import { resultHead, unanswered } from "../../shared/objects/index-line.ts";
import type { AskedNow } from "../../shared/providers/ask-now.ts";
import { resultTail } from "../../shared/providers/wire/answer.ts";
import { type PickedRow, RowWatcher } from "../input/pick-rows.ts";
import { quoteFile } from "../input/quote-file.ts";
import { readSummary } from "../results/summary.ts";
import type { KeptAnswers } from "../try/kept-answers.ts";
import { answersIn, endAttempt, identityOf, readAttempt } from "./attempt.ts";
import { attemptReceipt } from "./attempt-receipt.ts";
import { type JobFolders, nextGeneration } from "./generation.ts";
import { settingsOf, withModel } from "./in-real-time.ts";
import { generationFiles, newestGeneration } from "./merged-files.ts";

/**
 * Makes the next generation of a job's files, with the answers in their places and with what all that was asked has cost.
 * @param spec the job's own
 * @returns null when nothing was asked that they do not have
 */
export async function placeKept(folders: JobFolders, job: BatchJobInfo, spec: JobSpec) {
  const { dir, folder } = folders;
  const attempt = readAttempt(folder);
  if (!attempt) return null;
  const { id, model } = attempt;
  const generation = await newestGeneration(dir, job);
  const { failed, summary } = generationFiles(dir, generation);
  const asked = { ...withModel(spec, model), max_cost_usd: undefined };
  const answers = answersIn(folder);
  const { merged = [] } = await readSummary(summary);
  // The process may have died after the files were written.
  const receipt = merged.includes(id) ? null : await attemptReceipt(folder, spec, attempt);
  const retried = join(dir, `retry-${generation + 1}.jsonl`);
  if (receipt) await writeKept(retried, failed, asked, answers);
  const rerun = { results: [retried], ofFailed: true, jobs: [id] };
  const next = receipt && (await nextGeneration(folders, job, spec, { ...rerun, receipts: [receipt] }));
  await rm(retried, { force: true });
  await endAttempt(folder);
  return next;
}

/** Writes the rows that were asked, in the order of the file of those without an answer. */
async function writeKept(path: string, failed: string, spec: JobSpec, answers: KeptAnswers): Promise<void> {
  const file = openSync(path, "w", 0o600);
  const write = async (row: PickedRow) => {
    const asked = await answers.get(identityOf(row));
    if (asked) writeFileSync(file, `${resultOf(row, asked)}\n`);
  };
  try {
    await quoteFile(failed, settingsOf(spec), new RowWatcher(write).open);
  } finally {
    closeSync(file);
  }
}

function resultOf({ line, custom_id }: PickedRow, { outcome, error }: AskedNow): string {
  const head: [number, string] = [line, custom_id];
  return outcome ? resultHead(head) + resultTail(outcome) : unanswered(head, "failed", error ?? "no answer");
}
