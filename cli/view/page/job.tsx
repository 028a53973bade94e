/** One job: how it stands, what each batch does, and what can be done. */
import { useState } from "preact/hooks";
import { dollars, duration, moment, share, whole } from "../../../shared/report/page/numbers.ts";
import { cancelJob, fileUrl, type ShownBatch, type ShownJob } from "./api.ts";

/** The states of the machine that a person waits for, in order. */
const STATES = [
  ["prepare", "PrepareJob"],
  ["waiting", "SubmitBatch"],
  ["running", "WaitForProvider"],
  ["collecting", "CollectResults"],
  ["finalize", "FinalizeJob"],
] as const;

/** The job's head, its progress, and its batches while it runs. */
export function JobHead({ job }: { job: ShownJob }) {
  const [said, setSaid] = useState("");
  const cancel = () =>
    cancelJob(job.job_id).then(
      ({ message }) => setSaid(message),
      (e: Error) => setSaid(e.message),
    );
  const counts = Object.entries(job.counts ?? {}).filter(([, count]) => count > 0);
  return (
    <>
      <header>
        <h1>{job.job_id}</h1>
        <span class={`badge ${job.status}`}>{job.status}</span>
        <span class="soft">
          {job.provider} {job.model} {job.origin}
        </span>
      </header>
      <p class="soft small">
        Begun {moment(job.created_at)}; {job.execution.text}. {job.execution.advice}
      </p>
      {job.error && (
        <section class="failed" role="alert">
          {job.error}
        </section>
      )}
      <section>
        <h2>Progress</h2>
        <States job={job} />
        <p>
          <progress value={job.answered} max={Math.max(1, job.request_count)} aria-label="rows answered" />
          {whole(job.answered)} of {whole(job.request_count)} rows {share(job.answered, job.request_count)}
          {job.receipt && `, ${dollars(job.receipt.cost_usd)} so far`}
        </p>
        <p>
          {counts.map(([name, count]) => (
            <span class={name} key={name}>
              {whole(count)} {name}{" "}
            </span>
          ))}
        </p>
        <div class="tools">
          {job.ended ? (
            ["report.html", "results.jsonl", "failed.jsonl", "summary.json"].map((name) => (
              <a
                href={fileUrl(job.job_id, name)}
                target={name === "report.html" ? "_blank" : undefined}
                rel="noreferrer"
                key={name}
              >
                {name}
              </a>
            ))
          ) : (
            <button type="button" onClick={cancel}>
              Cancel the job
            </button>
          )}
          <output>{said}</output>
        </div>
      </section>
      {job.begun.length > 0 && <Batches batches={job.begun} />}
    </>
  );
}

function States({ job }: { job: ShownJob }) {
  const at = (state: string) => job.begun.filter((batch) => batch.state === state).length;
  const preparing = !job.ended && job.batches === 0;
  const finalizing = !job.ended && job.batches > 0 && job.batches_done === job.batches;
  return (
    <ol class="states" aria-label="States of the job">
      {STATES.map(([state, name]) => {
        const batches = at(state);
        const lit = batches > 0 || (state === "prepare" && preparing) || (state === "finalize" && finalizing);
        return (
          <li
            class={lit ? "lit" : job.ended ? "done" : ""}
            aria-current={lit ? "step" : undefined}
            key={state}
          >
            {name}
            {batches > 0 && ` · ${batches}`}
          </li>
        );
      })}
    </ol>
  );
}

function Batches({ batches }: { batches: ShownBatch[] }) {
  const now = Date.now() / 1000;
  return (
    <section>
      <h2>Batches</h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              {["batch", "round", "state", "for", "answered", "next poll", ""].map((title) => (
                <th key={title}>{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {batches.map((batch) => (
              <tr key={batch.batch}>
                <td>{batch.batch}</td>
                <td>{batch.round}</td>
                <td>{batch.state}</td>
                <td>{duration(now - batch.since)}</td>
                <td>
                  {whole(batch.answered)} of {whole(batch.items)}
                </td>
                <td>{batch.next_poll_at ? `in ${duration(batch.next_poll_at - now)}` : ""}</td>
                <td class="any soft">{batch.error ?? batch.trouble?.message ?? batch.waiting_for}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
