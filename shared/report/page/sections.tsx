/** The report's sections, from what matters first to what is looked up. */
import { itemsIn } from "../../money/sums.ts";
import type { ReportData, RoundTimes } from "../report-data.ts";
import { Timeline } from "./chart.tsx";
import { dollars, duration, moment, share, whole } from "./numbers.ts";
import { Table } from "./parts.tsx";

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
          {itemsIn(job.counts) === 0 && <p>Nothing was sent to the provider, and nothing was paid.</p>}
        </section>
      )}
    </>
  );
}

/** The numbers that people ask for first. */
export function Tiles({ job: { counts }, receipt }: Pick<ReportData, "job" | "receipt">) {
  const all = itemsIn(counts);
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

const CHARGES = ["input tokens", "of them cached", "output tokens", "cost", "in real time"];

export function Cost({ receipt }: Pick<ReportData, "receipt">) {
  if (!receipt || receipt.total_tokens === 0) return null;
  return (
    <section>
      <h2>Cost</h2>
      <Table columns={["model", ...CHARGES]} numbers={CHARGES}>
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
      </Table>
      <p class="soft small">
        Prices of {receipt.prices_date}, in US dollars. A model without a known price has no sum.
        {receipt.batch &&
          receipt.real_time &&
          ` By batch ${dollars(receipt.batch.cost_usd)}, asked in real time ${dollars(receipt.real_time.cost_usd)}.`}
        {receipt.unknown &&
          ` Not in it, and perhaps billed: requests that nobody can price, at most ${whole(receipt.unknown.real_time)} in real time, ${whole(receipt.unknown.batch)} by batch.`}
      </p>
    </section>
  );
}

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
