/**
 * Joins a round's answers to the lines of its batch. The rows file holds every line of the batch as it stands after
 * this round, in input order. So the job's results are the batches' last rows one behind the other.
 */
import { secondsSince } from "../../shared/clock.ts";
import { hasEnded } from "../../shared/models.ts";
import { emptyQuote, roundQuote } from "../../shared/money/quote.ts";
import { totalOf } from "../../shared/money/sums.ts";
import { bytesOfTokens } from "../../shared/money/token-estimate.ts";
import { type JobFile, requireJobFile } from "../../shared/objects/job-file.ts";
import { requestKey } from "../../shared/objects/keys.ts";
import { headObject } from "../../shared/objects/objects.ts";
import type { BatchState } from "../../shared/payload.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import { collected, filesDeleted, reopened } from "../../shared/records/lifecycle/at-provider.ts";
import { knownLimit, queueOf } from "../../shared/records/token-ledger.ts";
import { wakeOf } from "../../shared/records/wake-record.ts";
import type { Answers } from "../../shared/round/answers.ts";
import { keepAnswers } from "../../shared/round/kept-answers.ts";
import { note } from "../../shared/telemetry.ts";
import { batchEvent } from "../../shared/workflow/batch-event.ts";
import type { LongStepDeps } from "../../shared/workflow/batch-step.ts";
import { isWorthAnotherPoll } from "../../shared/workflow/poll-wait.ts";
import { asksSmallRounds, leastRequests } from "../../shared/workflow/small-rounds.ts";
import { neverSent } from "./batch-errors.ts";
import { endedBatch, fetchAnswers } from "./fetch-answers.ts";
import { lateBatch, settleLate } from "./late-batch.ts";
import { linesExpected, lostAnswers } from "./lost-answers.ts";
import { type Waiting, waitingLines, writeNextRound } from "./next-round.ts";
import { disown, prove } from "./ownership.ts";
import { isToBeHalved } from "./refusal.ts";
import { type Rows, writeRows } from "./write-rows.ts";

/**
 * Collects one ended round, as far as it comes in `runSeconds`; `collecting` says to run it again.
 * Running it again changes nothing: a round is collected once. A batch that proves to be another's is released, and the
 * round is submitted again. One whose results lack lines is polled again.
 */
export async function collectResults(state: BatchState, deps: LongStepDeps): Promise<BatchState> {
  const startedAt = deps.now();
  const after = {
    ...state,
    ...{ submitted: false, ended: false, collecting: false, real_time: false, late: false },
    wait_seconds: 0,
  };
  let record = await readBatch(state);
  if (!record) throw new Error(`batch ${state.batch} round ${state.round} was never submitted`);
  const { provider: name, account, model } = record;
  note({ provider: name, account, model, outcome: "collected" });
  // Another run found that the batch was not ours: back to submitting it.
  if (!hasEnded(record.status)) return giveBack(record, after);
  if (state.late) {
    await settleLate(record, deps);
    return { ...after, items_left: 0, info: await batchEvent(state) };
  }
  // A batch that was left to itself gives no rows, whatever it has by now.
  const left = record.overtaken_at !== undefined;
  const provider = record.provider_batch_id && !left ? await deps.provider(record) : null;
  if (!record.collected) {
    const isLate = () => deps.now() - startedAt > deps.runSeconds;
    const file = await requireJobFile(record.job_id);
    const answers = await fetchAnswers(record, file, provider, isLate);
    try {
      if (!answers.complete) {
        await keepAnswers(record, answers);
        note({ outcome: "collecting" });
        return { ...state, collecting: true, items_left: 0 };
      }
      // Not one line with our tag is no proof, even when there is none with another's.
      if (!left && record.unproved && answers.ours === 0) {
        // Its own lines may be late: a batch that is disowned is sent and paid again.
        if (provider && linesAreLate(record, 0)) return await reread(record, after, 0);
        await disown(record, answers.place.custom_id ? 0 : lostAnswers(answers, record, 0));
        return giveBack(record, after);
      }
      const waiting = await waitingLines(record);
      const rows = await writeRows(record, answers, waiting);
      // Only lines that were sent and ran count: too high a count hides that others are late.
      if (provider && linesAreLate(record, rows.ran)) return await reread(record, after, rows.ran);
      const done = await collect(record, { file, answers, waiting, rows }, deps.now());
      if (!done) return { ...state, collecting: true, items_left: 0 };
      record = done;
      note({ collected_lag_seconds: secondsSince(record.provider_ended_at, deps.now()) });
    } finally {
      answers.spool.close();
    }
  }
  if (record.unproved && !left) await prove(record);
  if (provider && !record.files_deleted) {
    await provider.deleteFiles(endedBatch(record));
    await filesDeleted(record);
  }
  const { items_left = 0 } = record;
  if (items_left > 0) return { ...after, round: state.round + 1, items_left };
  const late = await lateBatch(record);
  if (late) {
    const wait_seconds = state.min_poll_seconds;
    const wake = wakeOf(late.provider_batch_id ?? "-", deps.now(), deps.now());
    return { ...after, round: late.round, submitted: true, late: true, items_left, wait_seconds, wake };
  }
  return { ...after, items_left, info: await batchEvent(state) };
}

/** Whether the provider may not have written all lines yet, of which it has `lines`. */
function linesAreLate(record: BatchRecord, lines: number): boolean {
  return lines < linesExpected(record) && isWorthAnotherPoll(record.unsettled, "lines");
}

/** The state after which a batch is polled, and its results read, again. */
async function reread(record: BatchRecord, after: BatchState, lines: number): Promise<BatchState> {
  note({ outcome: "lines missing", lines, expected: linesExpected(record) });
  await reopened(record, "result lines that the provider has not written yet");
  return { ...after, items_left: record.request_count };
}

/** The state after a batch proved to be another's: the round is submitted again. */
function giveBack({ request_count }: BatchRecord, after: BatchState): BatchState {
  note({ outcome: "not ours" });
  return { ...after, items_left: request_count };
}

/** Records the end of a round whose rows are written, and writes the next. Null: another run has moved the round meanwhile. */
async function collect(
  record: BatchRecord,
  { file, answers, waiting, rows }: { file: JobFile; answers: Answers; waiting: Waiting; rows: Rows },
  now: number,
): Promise<BatchRecord | null> {
  const { spec, bytes_per_token, batches } = file;
  const { fresh, again } = waiting;
  const untried = record.too_large || record.refused;
  for (const line of rows.retry) (untried ? fresh : again).add(line);
  // What follows is asked in real time, all of it: no batch is too large or too small for that.
  const turning = record.turning_at !== undefined;
  if (turning) for (const line of moved(fresh)) again.add(line);
  const allTried = fresh.size === 0;
  // What was not sent for want of more is no try, nor is a batch that made way.
  const isTry = allTried && !record.too_few && (!turning || record.real_time === true);
  const tries = (record.tries ?? 0) + (isTry ? 1 : 0);
  // What the provider would refuse as too little is not sent again in this batch: the items keep their own errors.
  const asks = turning || asksSmallRounds(spec, again.size);
  const least = asks ? 1 : leastRequests(record);
  const stopped = neverSent(record) !== null;
  const goesOn = !stopped && (!isTry || tries < spec.max_rounds);
  // With what other batches leave over, it may be enough.
  const others = batches.filter(({ requests }) => requests > 0).length > 1;
  const isLeftOver = goesOn && allTried && others && again.size > 0 && again.size < least;
  const over = stopped || (allTried && (again.size < least || !goesOn));
  await answers.report.write(record);
  const isWhole = turning || isLeftOver;
  const maxBytes = isWhole ? Number.POSITIVE_INFINITY : over ? 0 : await roomFor(record, now);
  const [send, wait] = allTried ? [again, fresh] : [fresh, again];
  const next =
    over && !isLeftOver
      ? { quote: emptyQuote(), deferred: 0 }
      : await writeNextRound(record, send, wait, spec, maxBytes, bytes_per_token);
  const done = await collected(record, {
    collected_at: now,
    error: record.status === "failed" && !untried ? record.error : undefined,
    counts: rows.counts,
    billed: answers.roundBill.bill,
    unpriced: answers.roundBill.unpriced.length || undefined,
    unknown_requests: lostAnswers(answers, record, rows.ran) + (record.unknown_requests ?? 0) || undefined,
    usage: answers.roundBill.usage,
    rows_bytes: rows.bytes,
    unanswered_count: rows.unanswered,
    items_left: isLeftOver ? 0 : next.quote.requests,
    left_over: isLeftOver ? next.quote.requests : undefined,
    next_quote: roundQuote(next.quote),
    deferred: next.deferred,
    tries,
  });
  const { prompt_tokens, completion_tokens, cost_usd } = totalOf(answers.roundBill.bill);
  note({ ...rows.counts, items_again: next.quote.requests, prompt_tokens, completion_tokens, cost_usd });
  return done;
}

/** Empties a set of lines, and gives what was in it. */
function moved(lines: Set<number>): number[] {
  const all = [...lines];
  lines.clear();
  return all;
}

/** Bytes of requests that the next round may have: what the provider's queue is known to hold. */
async function roomFor(record: BatchRecord, now: number): Promise<number> {
  const { max_bytes } = formatOf(record.provider, record.model).limits;
  const limit = await knownLimit(queueOf(record), now);
  const known = limit === undefined ? max_bytes : Math.min(max_bytes, bytesOfTokens(limit));
  if (!record.too_large && !(record.refused && isToBeHalved(record))) return known;
  // The estimate may be too low: half of what was refused gets there in any case.
  const object = await headObject(requestKey(record.job_id, record.batch, record.round));
  return Math.min(known, (object?.bytes ?? 0) / 2);
}
