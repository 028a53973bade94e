/** Refuses a schema that does not compile before anything is sent. */
import type { JobSpec } from "../../shared/models.ts";

/** @throws InvalidJobError naming the part of the job's schema that is not valid */
export async function checkSchema({ schema }: JobSpec): Promise<void> {
  // Only a job with a schema carries the validator.
  if (schema) (await import("../../shared/schema/answer-check.ts")).answerCheck(schema);
}
