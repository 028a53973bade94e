/** The viewer: a list of jobs, or one of them. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { moment, whole } from "../../../shared/report/page/numbers.ts";
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
  useEffect(() => {
    addEventListener("hashchange", () => setId(chosenJob()));
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current = true;
    setJob(null);
    const failed = (error: Error) => current && setProblem(error.message);
    readJobs().then((list) => current && setJobs(list), failed);
    const read = (): Promise<unknown> =>
      readJob(id).then((next) => {
        if (!current) return;
        setJob(next);
        setProblem("");
        if (!next.ended) timer = setTimeout(read, EVERY);
      }, failed);
    if (id) read();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [id]);
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
        {id ? job && <JobPage job={job} jobs={jobs} /> : <JobList jobs={jobs} />}
      </main>
    </>
  );
}

function JobPage({ job, jobs }: { job: ShownJob; jobs: ListedJob[] }) {
  const others = jobs.filter(({ job_id, status }) => job_id !== job.job_id && status !== "failed");
  return (
    <>
      <JobHead job={job} />
      {job.ended && <JobAnswers id={job.job_id} others={others} />}
    </>
  );
}

function JobList({ jobs }: { jobs: ListedJob[] }) {
  return (
    <section>
      <h2>Jobs</h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              {["job", "status", "model", "rows", "begun"].map((title) => (
                <th key={title}>{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
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
                <td>{moment(job.created_at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const root = document.getElementById("root");
if (root) render(<Viewer />, root);
