/** What must be true of each job when a simulation is over, whatever went wrong in it. */
import type { BatchResult, ItemCounts, Receipt } from "../../shared/models.ts";
import { failedKey, leftoversKey, requestKey, resultsKey, summaryKey } from "../../shared/objects/keys.ts";
import type { BatchEvent, JobEvent } from "../../shared/payload.ts";
import type { Item } from "../../shared/records/port.ts";
import { answerTo } from "./answers.ts";
import { batchesOf, cancelViolations, wasCancelled } from "./cancel-invariants.ts";
import { type DrawnJob, type ExpectedLine, recordOf } from "./job.ts";
import { unsurePlaces } from "./left-batches.ts";
import { type AskedItem, isBilled, REAL_TIME } from "./provider-items.ts";
import { serviceOf } from "./services.ts";
import { SIMULATED } from "./simulated-providers.ts";
import type { Aftermath } from "./simulation.ts";
import { keyOf } from "./tenant-services.ts";

/** The job's broken invariants, in words; none when all hold. */
export function jobViolations(after: Aftermath, job: DrawnJob): string[] {
  const record = recordOf(job, after.table.items);
  if (!record) return [`${job.name} has no record`];
  const cancelled = wasCancelled(after, job, record);
  if (
    record.status !== "completed" &&
    record.status !== "expired" &&
    !(cancelled && record.status === "cancelled")
  ) {
    return [`${job.name} ended ${record.status} after ${after.states.started} starts: ${record.error}`];
  }
  const job_id = String(record.job_id);
  const rows = rowsOf(after, job_id);
  if (after.bucket.text(leftoversKey(job_id)) !== null) after.world.faults.count("left-overs pooled");
  return [
    ...results(after, job, rows, cancelled),
    ...failedLines(after, job, rows, job_id),
    ...summary(after, job, rows, record),
    ...billing(after, job),
    ...receipt(after, job, record),
    ...unseen(after, job, record),
    ...cost(after, job),
    ...account(after, job),
    ...cancelViolations(after, job, record),
    ...batchEvents(after, job_id),
  ].map((violation) => `${job.name}: ${violation}`);
}

type Row = BatchResult;

function rowsOf({ bucket }: Aftermath, job_id: string): Row[] {
  const text = bucket.text(resultsKey(job_id)) ?? "";
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Everything the provider knows of the requests with a message, in the order in which they ended. */
function historyOf(after: Aftermath, job: DrawnJob, message: string) {
  return serviceOf(after, job).batches.fates.history.get(message) ?? [];
}

/** One row a line, in input order, with the right answer or a justified error. */
function results(after: Aftermath, job: DrawnJob, rows: Row[], cancelled: boolean): string[] {
  const { lines } = job;
  if (rows.length !== lines.length) return [`${rows.length} rows for ${lines.length} lines`];
  return lines.flatMap((line, at) => {
    const row = rows[at] as Row;
    if (row.line !== line.line) return [`row ${at + 1} is for line ${row.line}, not ${line.line}`];
    const problem = rowProblem(after, job, line, row, rows, cancelled);
    return problem ? [`line ${line.line}: ${problem}`] : [];
  });
}

function rowProblem(
  after: Aftermath,
  job: DrawnJob,
  line: ExpectedLine,
  row: Row,
  rows: readonly Row[],
  cancelled: boolean,
): string | null {
  if (row.custom_id !== line.custom_id) return "another custom_id";
  if (row.status !== "succeeded" && !row.error) return `${row.status} without an error`;
  if (!line.valid)
    return row.status === "invalid" && row.response === null
      ? null
      : `invalid, but its row says ${row.status}`;
  const history = historyOf(after, job, line.message);
  const answers = history.filter(({ outcome }) => outcome === "answered");
  const unsure = unsurePlaces(after);
  const delivered = answers.some((item) => item.delivered && !unsure.has(item.batch));
  if (row.status === "succeeded") {
    // Some absurd answers are answers, if not useful ones.
    if (history.some((item) => item.delivered && item.outcome === "absurd")) return null;
    if (row.response?.content !== answerTo(line.message) || row.error !== null) return "a wrong answer";
    return delivered || answers.some(({ batch }) => unsure.has(batch))
      ? null
      : "an answer that the provider never gave";
  }
  if (delivered) return `answered by the provider, but its row says ${row.status}: ${row.error}`;
  if (job.max_cost_usd !== undefined && row.error?.includes("max_cost_usd")) {
    after.world.faults.count("cap reached");
    return null;
  }
  // What was tried and failed may stay so; what was never sent is cancelled.
  // So is what waited for a last round.
  const waited = job.limits.min_requests !== undefined;
  if (cancelled && (row.status === "cancelled" || history.length > 0 || waited)) return null;
  if (serviceOf(after, job).batches.fates.refused.get(line.message)) return null;
  // Nothing of a request that never arrived is in the provider's history.
  if (/while asking in real time/.test(row.error ?? "") && job.max_rounds <= history.length + 1) return null;
  const justified = isJustified(after, job, history) || isLeftOver(after, job, line.message, rows);
  return justified ? null : `${row.status} without a reason: ${row.error}`;
}

/**
 * Whether a line may have had fewer tries because its provider takes no small batch: it was in the job's last round, or all
 * such lines together are too few for one, or too many. What the cap has ended is none of them.
 */
function isLeftOver(after: Aftermath, job: DrawnJob, message: string, rows: readonly Row[]): boolean {
  const { min_requests, max_requests } = job.limits;
  if (min_requests === undefined) return false;
  const job_id = String(recordOf(job, after.table.items)?.job_id);
  const { batch } = JSON.parse(after.bucket.text(leftoversKey(job_id)) ?? "{}");
  const pool = batch === undefined ? "" : (after.bucket.text(requestKey(job_id, batch, 1)) ?? "");
  const inPool = (text: string) => pool.includes(JSON.stringify(text));
  if (inPool(message)) return true;
  const isOpen = (line: ExpectedLine, at: number) =>
    line.valid &&
    !inPool(line.message) &&
    !rows[at]?.error?.includes("max_cost_usd") &&
    !hasEnd(job, historyOf(after, job, line.message));
  const open = job.lines.filter(isOpen);
  const pooled = pool.split("\n").length - 1;
  return open.length < min_requests || (pooled > 0 && pooled + min_requests > max_requests);
}

/** Whether nothing more is due for a line. */
function hasEnd({ max_rounds }: DrawnJob, history: AskedItem[]): boolean {
  const isEnd = ({ delivered, outcome }: AskedItem) =>
    delivered && ["answered", "absurd", ...FINAL].includes(String(outcome));
  return history.length >= max_rounds || history.some(isEnd);
}

const FINAL: readonly string[] = ["rejected", "refused"];

/** Whether a line may end without an answer: refused for good, tried often enough, or too late. */
function isJustified({ world }: Aftermath, job: DrawnJob, history: AskedItem[]): boolean {
  // What was refused once is refused for good; a request that arrives late may stand behind it. What an absurd answer means is open.
  const final = history.some(({ delivered, outcome }) => delivered && FINAL.includes(String(outcome)));
  const last = history.at(-1);
  if (final || (last?.delivered && last.outcome === "absurd")) return true;
  if (history.length >= job.max_rounds) return true;
  return job.deadline_hours !== undefined && world.time.now >= world.started + job.deadline_hours * 3_600_000;
}

/** `failed.jsonl`: exactly the lines without an answer, as they were. */
function failedLines(after: Aftermath, { lines, header }: DrawnJob, rows: Row[], job_id: string): string[] {
  const failed = lines.filter((_, at) => rows[at]?.status !== "succeeded").map(({ text }) => text);
  const expected = failed.length > 0 && header !== null ? [header, ...failed] : failed;
  const text = after.bucket.text(failedKey(job_id)) ?? "";
  const found = text
    .split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .filter(Boolean);
  return JSON.stringify(found) === JSON.stringify(expected)
    ? []
    : [`failed.jsonl has ${found.length} lines, not the ${expected.length} it should`];
}

/** The summary, the record and the rows agree. */
function summary(after: Aftermath, { provider }: DrawnJob, rows: Row[], record: Item): string[] {
  const counts: ItemCounts = { succeeded: 0, failed: 0, invalid: 0, expired: 0, cancelled: 0 };
  for (const row of rows) counts[row.status]++;
  const written = JSON.parse(after.bucket.text(summaryKey(String(record.job_id))) ?? "{}");
  const wrong = (info: Record<string, unknown>) =>
    info.status !== record.status ||
    info.provider !== provider ||
    info.request_count !== rows.length ||
    Object.entries(counts).some(
      ([status, count]) => (info.counts as ItemCounts | undefined)?.[status as keyof ItemCounts] !== count,
    );
  return [
    ...(wrong(written) ? ["summary.json does not add up"] : []),
    ...(wrong(record) ? ["the job's record does not add up"] : []),
  ];
}

/** Every answer that the provider billed and delivered. */
function deliveredTo(after: Aftermath, job: DrawnJob): AskedItem[] {
  return job.lines
    .flatMap((line) => (line.valid ? historyOf(after, job, line.message) : []))
    .filter((item) => item.delivered && isBilled(item));
}

/** US dollars of an answer, at batch prices: see `PRICES`. */
const ANSWER_USD = (0.01 + 2 * 50) / 2 / 1e6;

/** Whether an answer says how many tokens it took: what has no message does not, at Anthropic, and what is absurd may not. */
function saysItsTokens({ provider }: DrawnJob, { outcome }: AskedItem): boolean {
  return outcome !== "absurd" && (SIMULATED[provider].protocol !== "anthropic" || outcome !== "odd");
}

/** What was delivered costs no more than the job's cap. */
function cost(after: Aftermath, job: DrawnJob): string[] {
  const spent = deliveredTo(after, job)
    .filter((item) => saysItsTokens(job, item))
    .reduce((sum, { batch }) => sum + (batch === REAL_TIME ? 2 * ANSWER_USD : ANSWER_USD), 0);
  return job.max_cost_usd === undefined || spent <= job.max_cost_usd * (1 + 1e-9)
    ? []
    : [`cost ${spent} US dollars, and its cap is ${job.max_cost_usd}`];
}

/** Every batch is made with the job's own key. */
function account(after: Aftermath, job: DrawnJob): string[] {
  const others = batchesOf(after, job).filter(({ key }) => key !== keyOf(job));
  return others.map(({ id }) => `${id} was made with another's key`);
}

/** Tokens of every simulated answer; what is odd has none at Anthropic. */
const TOKENS = 3;

/** The receipt has every answer that was billed and came, once. */
function receipt(after: Aftermath, job: DrawnJob, record: Item): string[] {
  const delivered = deliveredTo(after, job);
  const places = unsurePlaces(after);
  const told = delivered.filter((item) => saysItsTokens(job, item));
  const billed = told.filter(({ batch }) => !places.has(batch));
  // What an absurd answer says may be counted, or not; so may what came to a run that died.
  const absurd = delivered.filter(({ outcome }) => outcome === "absurd");
  const unsure = absurd.length + told.length - billed.length;
  const { total_tokens } = record.receipt as Receipt;
  const more = total_tokens / TOKENS - billed.length;
  // What bears a round's tag was answered for it, be it for a line that was not sent.
  const foreign = after.world.faults.struck.get("lines foreign") ?? 0;
  return more >= 0 && more <= foreign + unsure
    ? []
    : [`a receipt of ${total_tokens} tokens for ${billed.length} answers of ${TOKENS}`];
}

/** What the provider billed is in the receipt, or among the requests that it calls unknown; by batch and in real time apart. */
function unseen(after: Aftermath, job: DrawnJob, record: Item): string[] {
  const { unknown, ...all } = record.receipt as Receipt;
  const parts = { batch: all.batch ?? all, real_time: all.real_time };
  const asked = job.lines.flatMap((line) => (line.valid ? historyOf(after, job, line.message) : []));
  const billed = asked.filter((item) => isBilled(item) && saysItsTokens(job, item));
  return (["batch", "real_time"] as const).flatMap((part) => {
    const answers = billed.filter(({ batch }) => (batch === REAL_TIME) === (part === "real_time")).length;
    const [told, open] = [(parts[part]?.total_tokens ?? 0) / TOKENS, unknown?.[part] ?? 0];
    return answers <= told + open
      ? []
      : [`billed ${answers} answers (${part}), of which its receipt has ${told} and calls ${open} unknown`];
  });
}

/** Each batch of a job that has completed had its event, with rows that are there. */
function batchEvents({ executions: { watched } }: Aftermath, job_id: string): string[] {
  const events = watched.events.map((event) => event as JobEvent | BatchEvent);
  const own = events.filter((event) => event.job_id === job_id);
  const finished = own.flatMap((event) => ("batch" in event ? [event] : []));
  const completed = own.some((event) => !("batch" in event) && event.status === "completed");
  const batches = new Set(finished.map(({ batch }) => batch));
  const expected = Math.max(0, ...finished.map((event) => event.batches ?? 0));
  return completed && batches.size !== expected ? [`events of ${batches.size} of ${expected} batches`] : [];
}

/** Nothing is paid for twice: a request whose end was delivered for good is not sent again. */
function billing(after: Aftermath, job: DrawnJob): string[] {
  const unsure = unsurePlaces(after);
  return job.lines.flatMap((line) => {
    if (!line.valid) return [];
    const history = historyOf(after, job, line.message);
    const settled = history.findIndex(
      (item) =>
        item.delivered && !unsure.has(item.batch) && ["answered", ...FINAL].includes(String(item.outcome)),
    );
    if (settled === -1 || settled === history.length - 1) return [];
    const paid = history.filter(isBilled).length;
    return [
      `line ${line.line} was sent again after its end was known, and paid ${paid} times: ${history.map((item) => `${item.batch} ${item.outcome}`).join(", ")}`,
    ];
  });
}
