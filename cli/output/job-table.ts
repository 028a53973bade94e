/** Jobs as a table. */
import { unixNow } from "../../shared/clock.ts";
import { answeredItems, type JobStatus } from "../job/job-status.ts";
import { alignedColumns } from "./columns.ts";
import { usd } from "./cost.ts";
import { number, oneLine, shortDuration } from "./numbers.ts";

/** A job and who answers it, where that is not the provider at its own address. */
export interface ListedJob {
  origin: string | undefined;
  status: JobStatus;
}

const CELL_WIDTH = 60;
const HEAD = ["JOB", "STATUS", "AT", "MODEL", "DONE", "COST", "AGE"];
/** The first column that is aligned to the right. */
const FIRST_NUMBER = HEAD.indexOf("DONE");

/**
 * A line for each job, or two where one would not fit.
 * @param width columns of the terminal; unlimited where a program reads
 */
export function jobTable(jobs: ListedJob[], width = Number.POSITIVE_INFINITY): string {
  const rows = jobs.map((job) => row(job).map((cell) => oneLine(cell, CELL_WIDTH)));
  const lines = alignedColumns([HEAD, ...rows], (column) => column >= FIRST_NUMBER);
  return (lines.some(({ length }) => length > width) ? rows.map(narrow) : lines).join("\n");
}

function row({ origin, status }: ListedJob): string[] {
  const { job, ended, items, receipt, execution } = status;
  const cancelling = job.cancel_requested ? " (cancelling)" : "";
  const more = execution.alive ? cancelling : " (stopped)";
  return [
    job.job_id,
    `${job.status}${ended ? "" : more}`,
    URL.parse(origin ?? "")?.host ?? origin ?? job.provider ?? "",
    job.model ?? "",
    `${number(answeredItems(status))}/${number(items)}`,
    receipt?.cost_usd ? `${usd(receipt.cost_usd)} USD` : "",
    shortDuration(unixNow() - job.created_at),
  ];
}

function narrow([id, ...cells]: string[]): string {
  return `${id}\n  ${cells.filter(Boolean).join(", ")}`;
}
