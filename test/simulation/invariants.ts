/** What must be true when a simulation is over, whatever went wrong in it. */
import { failedKey, resultsKey, summaryKey } from "../../shared/keys.ts";
import type { BatchResult, ItemCounts } from "../../shared/models.ts";
import { answerTo, MARKS } from "./answers.ts";
import type { ExpectedLine } from "./job.ts";
import { isBilled, type SimulatedItem } from "./provider-items.ts";
import type { Aftermath } from "./simulation.ts";

/** Step Functions: events in one history, and bytes of one state's input or output. */
const LONGEST_HISTORY = 25_000;
const LARGEST_STATE = 256 * 1024;
/** The longest wait between two looks at a batch, and for capacity (a `retry-after`, an hour's creates), in seconds. */
const LONGEST_POLL = 900;
const LONGEST_CAPACITY_WAIT = 3600;

/** The broken invariants, in words; none when all hold. */
export function violations(after: Aftermath): string[] {
  const job = [...after.table.items.values()].find(({ sk }) => sk === "job");
  if (!job) return ["the job has no record"];
  if (job.status !== "completed" && job.status !== "expired") {
    return [`the job ended ${job.status} after ${after.started} starts: ${job.error}`];
  }
  const rows = rowsOf(after, String(job.job_id));
  return [
    ...results(after, rows),
    ...failedLines(after, rows, String(job.job_id)),
    ...summary(after, rows, job),
    ...billing(after),
    ...batches(after),
    ...leftovers(after),
    ...limits(after),
    ...secrets(after),
  ];
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
function historyOf(after: Aftermath, message: string) {
  return after[after.job.provider].batches.fates.history.get(message) ?? [];
}

/** One row a line, in input order, with the right answer or a justified error. */
function results(after: Aftermath, rows: Row[]): string[] {
  const { lines } = after.job;
  if (rows.length !== lines.length) return [`${rows.length} rows for ${lines.length} lines`];
  return lines.flatMap((line, at) => {
    const row = rows[at] as Row;
    if (row.line !== line.line) return [`row ${at + 1} is for line ${row.line}, not ${line.line}`];
    const problem = rowProblem(after, line, row);
    return problem ? [`line ${line.line}: ${problem}`] : [];
  });
}

function rowProblem(after: Aftermath, line: ExpectedLine, row: Row): string | null {
  if (row.custom_id !== line.custom_id) return "another custom_id";
  if (row.status !== "succeeded" && !row.error) return `${row.status} without an error`;
  if (!line.valid)
    return row.status === "invalid" && row.response === null
      ? null
      : `invalid, but its row says ${row.status}`;
  const history = historyOf(after, line.message);
  const delivered = history.filter((item) => item.delivered && item.outcome === "answered").length > 0;
  if (row.status === "succeeded") {
    if (row.response?.content !== answerTo(line.message) || row.error !== null) return "a wrong answer";
    return delivered ? null : "an answer that the provider never gave";
  }
  if (delivered) return `answered by the provider, but its row says ${row.status}: ${row.error}`;
  return isJustified(after, history) ? null : `${row.status} without a reason: ${row.error}`;
}

/** Whether a line may end without an answer: refused for good, tried often enough, or too late. */
function isJustified({ job, world }: Aftermath, history: SimulatedItem[]): boolean {
  const last = history.at(-1);
  if (last?.delivered && (last.outcome === "rejected" || last.outcome === "refused")) return true;
  if (history.length >= job.max_rounds) return true;
  return job.deadline_hours !== undefined && world.time.now >= world.started + job.deadline_hours * 3_600_000;
}

/** `failed.jsonl`: exactly the lines without an answer, as they were. */
function failedLines(after: Aftermath, rows: Row[], job_id: string): string[] {
  const { lines, header } = after.job;
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
function summary(after: Aftermath, rows: Row[], job: Record<string, unknown>): string[] {
  const counts: ItemCounts = { succeeded: 0, failed: 0, invalid: 0, expired: 0, cancelled: 0 };
  for (const row of rows) counts[row.status]++;
  const written = JSON.parse(after.bucket.text(summaryKey(String(job.job_id))) ?? "{}");
  const wrong = (info: Record<string, unknown>) =>
    info.status !== job.status ||
    info.request_count !== rows.length ||
    Object.entries(counts).some(
      ([status, count]) => (info.counts as ItemCounts | undefined)?.[status as keyof ItemCounts] !== count,
    );
  return [
    ...(wrong(written) ? ["summary.json does not add up"] : []),
    ...(wrong(job) ? ["the job's record does not add up"] : []),
  ];
}

/** Nothing is paid for twice: a request whose end was delivered for good is not sent again. */
function billing(after: Aftermath): string[] {
  return after.job.lines.flatMap((line) => {
    if (!line.valid) return [];
    const history = historyOf(after, line.message);
    const settled = history.findIndex(
      (item) => item.delivered && ["answered", "refused", "rejected"].includes(String(item.outcome)),
    );
    if (settled === -1 || settled === history.length - 1) return [];
    const paid = history.filter(isBilled).length;
    return [
      `line ${line.line} was sent again after its end was known, and paid ${paid} times: ${history.map((item) => `${item.batch} ${item.outcome}`).join(", ")}`,
    ];
  });
}

/** One provider batch a round, and none that still runs. */
function batches(after: Aftermath): string[] {
  const found: string[] = [];
  const byTag = Map.groupBy(
    after[after.job.provider].batches.all,
    (batch) => batch.items[0]?.custom_id.split("-")[0],
  );
  for (const [tag, made] of byTag) {
    const used = made.filter((batch) => batch.items.some((item) => item.delivered && isBilled(item)));
    if (used.length > 1) found.push(`round ${tag} was paid in ${used.map(({ id }) => id).join(" and ")}`);
    for (const batch of made) if (batch.ended === null) found.push(`${batch.id} still runs (${batch.state})`);
  }
  return found;
}

/** No file and no place in a queue stays behind; an upload whose answer was lost goes by itself. */
function leftovers({ openai, table }: Aftermath): string[] {
  const found: string[] = [];
  const files = [...openai.files.keys()].filter((id) => !openai.passing.has(id));
  if (files.length > 0) found.push(`files left at the provider: ${files.join(", ")}`);
  for (const item of table.items.values()) {
    const holds = Object.keys((item.holds as object | undefined) ?? {});
    if (holds.length > 0) found.push(`places left in the queue: ${holds.join(", ")}`);
  }
  return found;
}

/** Step Functions' limits, and the promise of how often a batch is looked at. */
function limits({ executions: { watched }, job }: Aftermath): string[] {
  const found: string[] = [];
  if (watched.longestHistory >= LONGEST_HISTORY) found.push(`a history of ${watched.longestHistory} events`);
  for (const state of watched.states)
    if (state?.length >= LARGEST_STATE) found.push(`a state of ${state.length} bytes`);
  for (const wait of watched.polls) {
    if (wait !== 0 && (wait < job.min_poll_seconds || wait > LONGEST_POLL))
      found.push(`a wait of ${wait} s before a poll`);
  }
  for (const wait of watched.capacityWaits) {
    if (wait < 1 || wait > LONGEST_CAPACITY_WAIT) found.push(`a wait of ${wait} s for capacity`);
  }
  return found;
}

/** No prompt, answer or key in a state, an event or a log. */
function secrets({ executions: { watched }, printed }: Aftermath): string[] {
  const places = {
    state: [...watched.states],
    event: watched.events.map((event) => JSON.stringify(event)),
    log: printed,
  };
  return Object.entries(places).flatMap(([place, texts]) =>
    Object.entries(MARKS)
      .filter(([, mark]) => texts.some((text) => text?.includes(mark)))
      .map(([what]) => `the ${what} mark stands in a ${place}`),
  );
}
