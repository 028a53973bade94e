/** Jobs as a table. */
import Table from "cli-table3";
import { unixNow } from "../../shared/clock.ts";
import type { JobStatus } from "../job/job-status.ts";
import { usd } from "./cost.ts";
import { number, oneLine, shortDuration } from "./numbers.ts";

/** A table without lines, for people and for `grep`. */
const PLAIN = {
  style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  chars: Object.fromEntries(
    [
      ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
      ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
    ].map((name) => [name, ""]),
  ),
};

/** A job and who answers it, where that is not the provider at its own address. */
export interface ListedJob {
  origin: string | undefined;
  status: JobStatus;
}

const CELL_WIDTH = 60;

/**
 * A line for each job, or two where one would not fit.
 * @param width columns of the terminal; unlimited where a program reads
 */
export function jobTable(jobs: ListedJob[], width = Number.POSITIVE_INFINITY): string {
  const table = new Table({
    ...PLAIN,
    head: ["JOB", "STATUS", "AT", "MODEL", "DONE", "COST", "AGE"],
    colAligns: ["left", "left", "left", "left", "right", "right", "right"],
  });
  const rows = jobs.map((job) => row(job).map((cell) => oneLine(cell, CELL_WIDTH)));
  table.push(...rows);
  const text = table.toString().replace(/ +$/gm, "");
  const longest = Math.max(...text.split("\n").map((line) => line.length));
  return longest > width ? rows.map(narrow).join("\n") : text;
}

function row({ origin, status }: ListedJob): string[] {
  const { job, ended, items, answered, receipt, execution } = status;
  const cancelling = job.cancel_requested ? " (cancelling)" : "";
  const more = execution.alive ? cancelling : " (stopped)";
  return [
    job.job_id,
    `${job.status}${ended ? "" : more}`,
    URL.parse(origin ?? "")?.host ?? origin ?? job.provider ?? "",
    job.model ?? "",
    `${number(job.status === "completed" ? (job.counts?.succeeded ?? 0) : answered)}/${number(items)}`,
    receipt?.cost_usd ? `${usd(receipt.cost_usd)} USD` : "",
    shortDuration(unixNow() - job.created_at),
  ];
}

function narrow([id, ...cells]: string[]): string {
  return `${id}\n  ${cells.filter(Boolean).join(", ")}`;
}
