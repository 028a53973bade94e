/** Names of the executions that the command starts: the job's id and a number, `data-0123456789ab-1`. */

/** The name of a job's execution of a number, from 1. */
export const executionName = (job_id: string, number: number) => `${job_id}-${number}`;

/** The number of an execution of a job, by its name or its ARN; 0 for one that somebody else named. */
export function numberedExecution(job_id: string, execution: string): number {
  const name = execution.slice(execution.lastIndexOf(":") + 1);
  if (!name.startsWith(`${job_id}-`)) return 0;
  const digits = name.slice(job_id.length + 1);
  return /^\d{1,6}$/.test(digits) ? Number(digits) : 0;
}
