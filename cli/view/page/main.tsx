/** The viewer: a list of jobs, or one of them. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { dollars, moment, whole } from "../../../shared/report/page/numbers.ts";
import { Table } from "../../../shared/report/page/parts.tsx";
import { JobAnswers } from "./answers.tsx";
import { type ListedJob, readJob, readJobs, type ShownJob } from "./api.ts";
import { JobHead } from "./job.tsx";

/** Milliseconds between two readings of a job that runs. */
const EVERY = 2000;

const chosenJob = () => decodeURIComponent(location.hash.replace(/^#\/?/, ""));

function Viewer() {
  const [id, setId] = useState(chosenJob());
  const [jobs, setJobs] = useState<ListedJob[]>([]);
  const [job, setJob] = useState<ShownJob | null>(null);
  const [problem, setProblem] = useState("");
  /** Raised to read anew. */
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    addEventListener("hashchange", () => setId(chosenJob()));
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current = true;
    setJob((known) => (known?.job_id === id ? known : null));
    // What failed once may work the next time.
    const failed = (again: () => void) => (error: Error) => {
      if (!current) return;
      setProblem(error.message);
      timer = setTimeout(again, EVERY);
    };
    const read = (): Promise<void> =>
      readJob(id).then((next) => {
        if (!current) return;
        setJob(next);
        setProblem("");
        if (!next.ended || next.retry?.running) timer = setTimeout(read, EVERY);
      }, failed(read));
    const list = (): Promise<void> =>
      readJobs().then((found) => {
        if (!current) return;
        setJobs(found);
        setProblem("");
        if (!id) timer = setTimeout(list, EVERY);
      }, failed(list));
    list();
    if (id) read();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [id, turn]);
  return (
    <>
      <nav>
        <b>Nightshift</b>
        {id && <a href="#/">all jobs</a>}
      </nav>
      <main>
        {problem && (
          <p class="failed" role="alert">
            {problem}
          </p>
        )}
        {id ? (
          job && <JobPage job={job} jobs={jobs} reload={() => setTurn(turn + 1)} />
        ) : (
          <JobList jobs={jobs} />
        )}
      </main>
    </>
  );
}

interface JobPageProps {
  job: ShownJob;
  jobs: ListedJob[];
  reload: () => void;
}

function JobPage({ job, jobs, reload }: JobPageProps) {
  const others = jobs.filter(({ job_id, status }) => job_id !== job.job_id && status !== "failed");
  return (
    <>
      <JobHead job={job} reload={reload} />
      {(job.ended || job.rows_bytes > 0) && <JobAnswers job={job} others={others} />}
    </>
  );
}

const COLUMNS = ["job", "status", "model", "rows", "answered", "cost", "begun"];

function JobList({ jobs }: { jobs: ListedJob[] }) {
  return (
    <section>
      <h1>Jobs</h1>
      <Table columns={COLUMNS} numbers={["rows", "answered", "cost"]}>
        {jobs.map((job) => (
          <tr key={job.job_id}>
            <td class="any">
              <a href={`#${encodeURIComponent(job.job_id)}`}>{job.job_id}</a>
            </td>
            <td class={job.status}>{job.status}</td>
            <td>
              {job.model} <span class="soft">{job.origin}</span>
            </td>
            <td class="num">{whole(job.request_count)}</td>
            <td class="num">{job.counts ? whole(job.counts.succeeded ?? 0) : ""}</td>
            <td class="num">{job.cost_usd ? dollars(job.cost_usd) : ""}</td>
            <td>{moment(job.created_at)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

const root = document.getElementById("root");
if (root) render(<Viewer />, root);
