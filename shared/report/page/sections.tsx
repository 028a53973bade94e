/** The report's sections, from what matters first to what is looked up. */
import type { ErrorGroup } from "../error-groups.ts";
import type { FieldStats } from "../field-stats.ts";
import type { ReportData } from "../report-data.ts";
import { CountChart, Timeline, TokenChart } from "./chart.tsx";
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
        <section class="failed" role="alert">
          {job.error}
        </section>
      )}
    </>
  );
}

/** The numbers that people ask for first. */
export function Tiles({ job: { counts }, receipt }: Pick<ReportData, "job" | "receipt">) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
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

/** What went wrong, by kind. `show` shows the rows of one kind. */
export function Errors({ errors, show }: { errors: ErrorGroup[]; show: (lines: number[]) => void }) {
  if (errors.length === 0) return null;
  return (
    <section>
      <h2>What went wrong</h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th class="num">rows</th>
              <th>status</th>
              <th>error</th>
              <th>for example</th>
            </tr>
          </thead>
          <tbody>
            {errors.map(({ kind, status, count, lines }) => (
              <tr key={`${status} ${kind}`}>
                <td class="num">{whole(count)}</td>
                <td class={status}>{status}</td>
                <td class="any">{kind}</td>
                <td>
                  <button type="button" class="link" onClick={() => show(lines)}>
                    {lines.length === 1 ? "line" : "lines"} {lines.join(", ")}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
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
      {rounds.some(({ error }) => error) && (
        <ul class="small">
          {rounds.flatMap(({ batch, round, error }) =>
            error ? [<li key={`${batch}-${round}`}>{`batch ${batch}, round ${round}: ${error}`}</li>] : [],
          )}
        </ul>
      )}
    </section>
  );
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
              {["model", "input tokens", "of them cached", "output tokens", "batch", "real time"].map(
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
export function FieldCharts({ fields, answers }: { fields: FieldStats[]; answers: number }) {
  if (fields.length === 0) return null;
  return (
    <section>
      <h2>Fields of the answers</h2>
      <div class="columns">
        {fields.map((field) => (
          <div key={field.name}>
            {field.others === 0 && field.values.length > 0 && field.values.length <= 30 ? (
              <CountChart title={field.name} counts={field.values} />
            ) : (
              <h3>{field.name}</h3>
            )}
            <p class="soft small">{fieldWords(field, answers)}</p>
          </div>
        ))}
      </div>
    </section>
  );
}

function fieldWords({ count, types, values, others, numbers }: FieldStats, answers: number): string {
  const parts = [`in ${whole(count)} of ${whole(answers)} answers`, types.map(([type]) => type).join(" or ")];
  if (numbers) {
    const { min, max, sum, count: n } = numbers;
    parts.push(`${min} to ${max}, ${Number((sum / n).toPrecision(4))} on average`);
  } else if (others > 0) parts.push(`more than ${values.length} different values`);
  else if (values.length > 30) parts.push(`${values.length} different values`);
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
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}
