/** What went wrong with a job's rows, and what can be done. */
import { itemsIn } from "../../money/sums.ts";
import type { ErrorGroup } from "../error-groups.ts";
import type { ReportData } from "../report-data.ts";
import { whole } from "./numbers.ts";
import { Table } from "./parts.tsx";

interface ErrorsProps {
  job: ReportData["job"];
  errors: ErrorGroup[];
  finish_reasons: ReportData["finish_reasons"];
  /** Shows the rows of one kind. */
  show: (lines: number[]) => void;
}

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

const COLUMNS = ["rows", "status", "error, as in the first of the rows", "rows to look at"];

function ErrorTable({ job, errors, show }: Omit<ErrorsProps, "finish_reasons">) {
  const statuses = new Set(errors.map(({ status }) => status));
  return (
    <>
      <Advice job={job} />
      <Table columns={COLUMNS} numbers={["rows"]} class="stacked">
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
      </Table>
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
  const unanswered = itemsIn(sent);
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
