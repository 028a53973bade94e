/** One job: how it stands, what each batch does, and what can be done. */
import { useState } from "preact/hooks";
import { dollars, duration, moment, share, whole } from "../../../shared/report/page/numbers.ts";
import { Table } from "../../../shared/report/page/parts.tsx";
import { cancelJob, fileUrl, retryJob, type ShownBatch, type ShownJob } from "./api.ts";
import { Machine } from "./machine.tsx";

interface JobProps {
  job: ShownJob;
  reload: () => void;
}

/** The job's head, its progress, and its batches while it runs. */
export function JobHead({ job, reload }: JobProps) {
  const counts = Object.entries(job.counts ?? {}).filter(([, count]) => count > 0);
  const cost = job.receipt && `, ${dollars(job.receipt.cost_usd)}${job.ended ? "" : " so far"}`;
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
      <div class={job.ended ? "" : "beside"}>
        <div>
          <section>
            <h2>Progress</h2>
            <p>
              <progress
                value={job.answered}
                max={Math.max(1, job.request_count)}
                aria-label="rows answered"
              />
              {whole(job.answered)} of {whole(job.request_count)} rows{" "}
              {share(job.answered, job.request_count)}
              {job.batches > 1 && `, ${whole(job.batches_done)} of ${whole(job.batches)} batches done`}
              {cost}
            </p>
            <p>
              {counts.map(([name, count]) => (
                <span class={name} key={name}>
                  {whole(count)} {name}{" "}
                </span>
              ))}
            </p>
            {job.ended ? <Ended job={job} reload={reload} /> : <Cancel job={job} />}
          </section>
          {job.begun.length > 0 && <Batches batches={job.begun} />}
        </div>
        {!job.ended && <Machine job={job} />}
      </div>
    </>
  );
}

/** Cancelling is asked for twice. */
function Cancel({ job }: { job: ShownJob }) {
  const [sure, setSure] = useState(false);
  const [said, setSaid] = useState("");
  const tell = (error: Error) => setSaid(error.message);
  const cancel = () => {
    setSure(false);
    cancelJob(job.job_id).then(({ message }) => setSaid(message), tell);
  };
  return (
    <div class="tools">
      {sure ? (
        <>
          <button type="button" class="failed" onClick={cancel}>
            Yes, cancel it
          </button>
          <button type="button" onClick={() => setSure(false)}>
            Let it run
          </button>
        </>
      ) : (
        <button type="button" onClick={() => setSure(true)}>
          Cancel the job
        </button>
      )}
      <output>{said}</output>
    </div>
  );
}

function Ended({ job, reload }: JobProps) {
  return (
    <>
      {job.merged && <p class="soft small">With the answers of a retry: {job.merged}</p>}
      <ul class="files" aria-label="Files">
        {job.files.map((name) => (
          <li key={name}>
            <a
              href={fileUrl(job.job_id, name)}
              target={name === "report.html" ? "_blank" : undefined}
              rel="noreferrer"
            >
              {name}
            </a>
          </li>
        ))}
      </ul>
      {job.status !== "failed" && <Retry job={job} reload={reload} />}
    </>
  );
}

function Retry({ job, reload }: JobProps) {
  const [realTime, setRealTime] = useState(false);
  const [problem, setProblem] = useState("");
  const left = job.request_count - (job.counts?.succeeded ?? 0);
  const begin = () =>
    retryJob(job.job_id, realTime).then(reload, (error: Error) => setProblem(error.message));
  return (
    <>
      {left > 0 && (
        <div class="tools">
          <button type="button" disabled={job.retry?.running} onClick={begin}>
            Ask {whole(left)} again
          </button>
          <label>
            <input
              type="checkbox"
              checked={realTime}
              onChange={(event) => setRealTime(event.currentTarget.checked)}
            />{" "}
            in real time, at its prices
          </label>
          <output class="failed">{problem}</output>
        </div>
      )}
      {job.retry && (
        <>
          <p role="status">{job.retry.running ? "Asking again …" : "Asked again:"}</p>
          <pre>{job.retry.text}</pre>
        </>
      )}
    </>
  );
}

const COLUMNS = ["batch", "round", "state", "for", "answered", "the provider counts", "next poll", "trouble"];

function Batches({ batches }: { batches: ShownBatch[] }) {
  const now = Date.now() / 1000;
  return (
    <section>
      <h2>Batches</h2>
      <Table columns={COLUMNS} numbers={["for", "next poll"]}>
        {batches.map((batch) => (
          <tr key={batch.batch}>
            <td>{batch.batch}</td>
            <td>{batch.round}</td>
            <td>
              {batch.state}
              {batch.state === "running" && ` (${batch.status})`}
            </td>
            <td class="num">{duration(now - batch.since)}</td>
            <td>
              {whole(batch.answered)} of {whole(batch.items)}
            </td>
            <td class="small">
              {Object.entries(batch.provider_counts ?? {}).map(([name, count]) => (
                <div key={name}>
                  {name} {String(count)}
                </div>
              ))}
            </td>
            <td class="num">{nextPoll(batch, now)}</td>
            <td class="any soft">{batch.error ?? batch.trouble?.message ?? batch.waiting_for}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function nextPoll({ next_poll_at, state }: ShownBatch, now: number): string {
  if (next_poll_at === undefined || state === "done") return "";
  return next_poll_at > now ? `in ${duration(next_poll_at - now)}` : "now";
}
