/** The report's sections, from what matters first to what is looked up. */
import type { ErrorGroup } from "../error-groups.ts";
import type { ReportData, RoundTimes, ShownField } from "../report-data.ts";
import { CountChart, NumberChart, Timeline, TokenChart } from "./chart.tsx";
import { dollars, duration, moment, share, whole } from "./numbers.ts";

/** Which job, and how it ended. */
export function Head({ job }: { job: ReportData["job"] }) {
  return (
    <>
      <header>
        <h1>{job.job_id}</h1>
        <span class={`badge ${job.status}`}>{job.status}</span>
        <span class="soft">
          {job.provider} {job.model}
        </span>
      </header>
      <p class="soft small">
        From {moment(job.created_at)} to {moment(job.ended_at)}: {duration(job.ended_at - job.created_at)}.
      </p>
      {job.error && (
        <section role="alert">
          <h2>Why the job failed</h2>
          <p class="failed any">{job.error}</p>
          {rowsOf(job.counts) === 0 && <p>Nothing was sent to the provider, and nothing was paid.</p>}
        </section>
      )}
    </>
  );
}

/** Rows, by whatever they came to; none of a job that failed before it was sent. */
const rowsOf = (counts: ReportData["job"]["counts"]) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** The numbers that people ask for first. */
export function Tiles({ job: { counts }, receipt }: Pick<ReportData, "job" | "receipt">) {
  const all = rowsOf(counts);
  if (all === 0) return null;
  const statuses = (Object.entries(counts) as [string, number][]).filter(
    ([name, n]) => n > 0 || name === "succeeded",
  );
  return (
    <div class="tiles">
      {statuses.map(([name, count]) => (
        <div class="tile" key={name}>
          <b class={name}>{whole(count)}</b>
          {name} <span class="soft">{share(count, all)}</span>
        </div>
      ))}
      {receipt && (
        <>
          <div class="tile">
            <b>{dollars(receipt.cost_usd)}</b>
            cost{" "}
            <span class="soft">
              {receipt.real_time_usd !== null && `(${dollars(receipt.real_time_usd)} in real time)`}
            </span>
          </div>
          <div class="tile">
            <b>{whole(receipt.total_tokens)}</b>
            tokens
          </div>
        </>
      )}
    </div>
  );
}

interface ErrorsProps {
  job: ReportData["job"];
  errors: ErrorGroup[];
  finish_reasons: ReportData["finish_reasons"];
  /** Shows the rows of one kind. */
  show: (lines: number[]) => void;
}

/** What went wrong, by kind. */
export function Errors({ job, errors, finish_reasons, show }: ErrorsProps) {
  const cut = finish_reasons.find(([reason]) => reason === "length")?.[1] ?? 0;
  if (errors.length === 0 && cut === 0) return null;
  return (
    <section>
      <h2>What went wrong</h2>
      {cut > 0 && (
        <p class="warn">
          {whole(cut)} {cut === 1 ? "answer was" : "answers were"} cut off at the most tokens that an answer
          may have. Raise max_tokens, or ask for shorter answers.
        </p>
      )}
      {errors.length > 0 && <ErrorTable job={job} errors={errors} show={show} />}
    </section>
  );
}

function ErrorTable({ job, errors, show }: Omit<ErrorsProps, "finish_reasons">) {
  const statuses = new Set(errors.map(({ status }) => status));
  return (
    <>
      <Advice job={job} />
      <div class="wide">
        <table class="stacked">
          <thead>
            <tr>
              <th class="num">rows</th>
              <th>status</th>
              <th>error, as in the first of the rows</th>
              <th>rows to look at</th>
            </tr>
          </thead>
          <tbody>
            {errors.map(({ kind, example, status, count, lines }) => (
              <tr key={`${status} ${kind}`}>
                <td class="num">{whole(count)}</td>
                <td class={status}>{status}</td>
                <td class="any">{example}</td>
                <td>
                  <button type="button" class="link" onClick={() => show(lines)}>
                    {lines.length === 1 ? "line" : "lines"} {lines.toSorted((a, b) => a - b).join(", ")}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul class="small soft">
        {Object.entries(MEANINGS).map(
          ([status, meaning]) =>
            statuses.has(status as ErrorGroup["status"]) && (
              <li key={status}>
                <b>{status}</b>: {meaning}
              </li>
            ),
        )}
      </ul>
    </>
  );
}

/** What a row's status says, for a person who sees it for the first time. */
const MEANINGS: Record<Exclude<ErrorGroup["status"], "succeeded">, string> = {
  failed: "the row was sent, or was to be, and there is an error in place of an answer that can be used.",
  invalid: "the row of the input is not what a request needs; it was never sent.",
  expired: "the provider did not come to the row in the time that the batch or the job had.",
  cancelled: "the batch was ended before the provider came to the row.",
};

/** What can be done about rows without an answer. */
function Advice({ job: { job_id, status, counts } }: Pick<ErrorsProps, "job">) {
  const { succeeded, invalid, ...sent } = counts;
  const unanswered = Object.values(sent).reduce((sum, count) => sum + count, 0);
  return (
    <p>
      {whole(unanswered + invalid)} of {whole(succeeded + unanswered + invalid)} rows have no answer; their
      lines of the input are in failed.jsonl.
      {status === "failed" &&
        " Mend what the error says, and start the job again: it resumes where it stopped."}
      {status !== "failed" && unanswered > 0 && (
        <>
          {" "}
          <code>nightshift retry {job_id}</code> asks {whole(unanswered)} of them again.
        </>
      )}
      {invalid > 0 &&
        ` ${whole(invalid)} ${invalid === 1 ? "was" : "were"} never sent: mend ${invalid === 1 ? "it" : "them"} in the input first.`}
    </p>
  );
}

/** When what happened. */
export function Times({
  rounds,
  more_rounds,
  end,
}: Pick<ReportData, "rounds" | "more_rounds"> & { end: number }) {
  if (rounds.length === 0) return null;
  return (
    <section>
      <h2>Timeline</h2>
      <div class="wide">
        <Timeline rounds={rounds} end={end} />
      </div>
      {more_rounds > 0 && <p class="soft small">{whole(more_rounds)} further rounds are not drawn.</p>}
      <ul class="small">
        {[...troubles(rounds)].map(([error, names]) => (
          <li key={error}>
            {names.length === 1 ? names[0] : `${whole(names.length)} rounds, the first in ${names[0]}`}:{" "}
            {error}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The rounds that failed as a whole, by why. */
function troubles(rounds: RoundTimes[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { batch, round, error } of rounds)
    if (error) found.set(error, [...(found.get(error) ?? []), `batch ${batch}, round ${round}`]);
  return found;
}

/** What was paid for what. */
export function Cost({ receipt }: Pick<ReportData, "receipt">) {
  if (!receipt || receipt.total_tokens === 0) return null;
  return (
    <section>
      <h2>Cost</h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              {["model", "input tokens", "of them cached", "output tokens", "cost", "in real time"].map(
                (title, n) => (
                  <th class={n ? "num" : ""} key={title}>
                    {title}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {Object.entries(receipt.models).map(([model, charge]) => (
              <tr key={model}>
                <td class="any">{model}</td>
                <td class="num">{whole(charge.prompt_tokens)}</td>
                <td class="num">{whole(charge.cached_tokens ?? 0)}</td>
                <td class="num">{whole(charge.completion_tokens)}</td>
                <td class="num">{dollars(charge.cost_usd)}</td>
                <td class="num">{dollars(charge.real_time_usd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft small">
        Prices of {receipt.prices_date}, in US dollars. A model without a known price has no sum.
        {receipt.batch &&
          receipt.real_time &&
          ` By batch ${dollars(receipt.batch.cost_usd)}, asked in real time ${dollars(receipt.real_time.cost_usd)}.`}
        {receipt.unknown &&
          ` Not in it, and perhaps billed: requests whose answer nobody got, ${whole(receipt.unknown.real_time)} in real time, ${whole(receipt.unknown.batch)} by batch.`}
      </p>
    </section>
  );
}

/** How long prompts and answers were, and how answers ended. */
export function Answers(data: Pick<ReportData, "prompt_tokens" | "completion_tokens" | "finish_reasons">) {
  if (data.prompt_tokens.length === 0) return null;
  return (
    <section>
      <h2>Answers</h2>
      <div class="columns">
        <TokenChart title="Input tokens" rows={data.prompt_tokens} />
        <TokenChart title="Output tokens" rows={data.completion_tokens} />
        <CountChart title="How answers ended" counts={data.finish_reasons} />
      </div>
    </section>
  );
}

/** The values of each field of answers that are JSON objects. */
export function FieldCharts({ fields, answers }: { fields: ShownField[]; answers: number }) {
  if (fields.length === 0) return null;
  return (
    <section>
      <h2>Fields of the answers</h2>
      <div class="columns">
        {fields.map((field) => (
          <div key={field.name}>
            <FieldChart field={field} />
            <p class="soft small">{fieldWords(field, answers)}</p>
          </div>
        ))}
      </div>
    </section>
  );
}

/** Different values that have a bar each. */
const MOST_BARS = 12;

function FieldChart({ field: { name, values, different, numbers } }: { field: ShownField }) {
  if (different > MOST_BARS && numbers) return <NumberChart title={name} counts={values} />;
  const byValue = numbers ? [...values].sort(([a], [b]) => Number(a) - Number(b)) : values;
  // A few of many values say nothing, unless they are frequent.
  const telling = different <= MOST_BARS ? byValue : values.filter(([, count]) => count > 1);
  return telling.length > 0 ? <CountChart title={name} counts={telling} /> : <h3>{name}</h3>;
}

function fieldWords({ count, types, different, others, numbers }: ShownField, answers: number): string {
  const kinds = types.map(([type, n]) => (types.length === 1 ? type : `${type} (${whole(n)})`));
  const parts = [`in ${whole(count)} of ${whole(answers)} answers`, kinds.join(" or ")];
  if (numbers) {
    const { min, max, sum, count: n } = numbers;
    parts.push(`${min} to ${max}, ${Number((sum / n).toPrecision(4))} on average`);
  } else if (different > 0)
    parts.push(
      different === 1
        ? "always the same"
        : `${others > 0 ? "more than " : ""}${whole(different)} different values`,
    );
  return parts.join("; ");
}

/** The job's settings. */
export function Settings({ spec }: Pick<ReportData, "spec">) {
  return (
    <section>
      <h2>Settings</h2>
      <dl>
        {Object.entries(spec).map(([name, value]) => (
          <>
            <dt key={name}>{name}</dt>
            <dd>{String(value)}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}
