/** Jobs as a table. */
import Table from "cli-table3";
import { unixNow } from "../../shared/clock.ts";
import type { JobStatus } from "../job/job-status.ts";
import { usd } from "./cost.ts";
import { duration, number } from "./numbers.ts";

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

/** A line for each job. */
export function jobTable(statuses: JobStatus[]): string {
  const table = new Table({
    ...PLAIN,
    head: ["JOB", "STATUS", "PROVIDER", "MODEL", "ITEMS", "DONE", "COST", "AGE"],
    colAligns: ["left", "left", "left", "left", "right", "right", "right", "right"],
  });
  for (const status of statuses) table.push(row(status));
  return table.toString().replace(/ +$/gm, "");
}

function row({ job, ended, items, answered, receipt, execution }: JobStatus): string[] {
  const cancelling = job.cancel_requested ? " (cancelling)" : "";
  const more = execution.alive ? cancelling : " (stopped)";
  return [
    job.job_id,
    `${job.status}${ended ? "" : more}`,
    job.provider ?? "",
    job.model ?? "",
    number(items),
    number(job.status === "completed" ? (job.counts?.succeeded ?? 0) : answered),
    receipt?.cost_usd ? `${usd(receipt.cost_usd)} USD` : "",
    duration(unixNow() - job.created_at),
  ];
}
