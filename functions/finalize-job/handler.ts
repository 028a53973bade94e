import { z } from "zod";
import { unixNow } from "../../shared/clock.ts";
import type { FinishedJob } from "../../shared/payload.ts";
import { finalizeJob } from "./finalize-job.ts";

const FinalizeInput = z.object({ job_id: z.string().min(1) });

/** State `FinalizeJob`. */
export async function handler(event: unknown): Promise<FinishedJob> {
  return finalizeJob(FinalizeInput.parse(event).job_id, unixNow);
}
