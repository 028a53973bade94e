import type { StepDeps } from "../../shared/workflow/batch-step.ts";

/** What `submitBatch` needs besides S3 and the table. */
export interface SubmitDeps extends StepDeps {
  /** Seconds after which a run that began a create is surely dead. */
  leaseSeconds: number;
  /** Seconds within which the provider may not list a batch that it has made. */
  settleSeconds: number;
  /**
   * Unix seconds. The records of older jobs may come from a backup, from before a create that was accepted. So their
   * batches are searched for at the provider before they are sent.
   */
  resumedBefore: number;
}
