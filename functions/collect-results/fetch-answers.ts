/** Downloads a provider batch's answers, by line, in as many runs as it takes. */
import { ProviderUnavailableError } from "../../shared/errors.ts";
import type { JobFile } from "../../shared/objects/job-file.ts";
import {
  type EndedBatch,
  firstPlace,
  type Provider,
  ResultsChangedError,
} from "../../shared/providers/provider.ts";

import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { type Answers, noAnswers, takeOutcome } from "../../shared/round/answers.ts";
import { keptAnswers } from "../../shared/round/kept-answers.ts";
import { type Judge, judgeOf } from "../../shared/round/schema-check.ts";

/** The most cut downloads that one run resumes, each after at least one more line. */
const MOST_CUTS = 10;

/**
 * Reads the result lines after those that earlier runs have kept, until all are read or `isLate` returns true. It reads
 * at least one. The caller must close the spool.
 */
export async function fetchAnswers(
  record: BatchRecord,
  { lines, spec }: JobFile,
  provider: Provider | null,
  isLate: () => boolean,
): Promise<Answers> {
  const judge = makingWay(record, await judgeOf(spec, record.tries ?? 0));
  const answers = (await keptAnswers(record, lines, spec.prices)) ?? noAnswers(record, lines, spec.prices);
  try {
    answers.complete = !provider || (await download({ record, provider, answers, judge }, isLate));
    if (provider && answers.complete) answers.roundBill.close();
    return answers;
  } catch (error) {
    answers.spool.close();
    throw error;
  }
}

/** An item that the provider cancelled because the batch was to make way is asked in real time. */
function makingWay({ turning_at }: BatchRecord, judge: Judge): Judge {
  if (turning_at === undefined) return judge;
  return (outcome) => judge(outcome.status === "cancelled" ? { ...outcome, retryable: true } : outcome);
}

interface Reading {
  record: BatchRecord;
  provider: Provider;
  answers: Answers;
  judge: Judge;
}

/** Reads the remaining lines. A cut download resumes at its position. @returns false when the rest is left for the next run */
async function download(reading: Reading, isLate: () => boolean): Promise<boolean> {
  const { answers } = reading;
  for (let cuts = 0; ; cuts++) {
    const { file, byte } = answers.place;
    try {
      return await readOn(reading, isLate);
    } catch (error) {
      if (error instanceof ResultsChangedError) {
        // The results have another order each time: only a run that reads all of them at once reads all.
        Object.assign(answers.place, { ...firstPlace(), custom_id: undefined });
        return readOn(reading, () => false);
      }
      const further = answers.place.file > file || answers.place.byte > byte;
      if (!(error instanceof ProviderUnavailableError) || !further || cuts === MOST_CUTS) throw error;
    }
  }
}

async function readOn(
  { record, provider, answers, judge }: Reading,
  isLate: () => boolean,
): Promise<boolean> {
  let taken = false;
  for await (const outcomes of provider.getResults(endedBatch(record), answers.place)) {
    for (const outcome of outcomes) {
      // The line that is left is the one at `place`: the next run begins with it.
      if (taken && isLate()) return false;
      takeOutcome(answers, outcome, record.tag, judge);
      taken = true;
    }
  }
  return true;
}

export function endedBatch({ provider_batch_id = "", raw }: BatchRecord): EndedBatch {
  return { id: provider_batch_id, raw };
}
