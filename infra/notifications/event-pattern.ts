import { EVENT } from "../../shared/names.ts";

/** What rules on the bus take for an event of a job. */
export const OF_JOBS = { source: [EVENT.source], detailType: [EVENT.detailType] };
/** The same, and events of finished batches. */
export const OF_JOBS_AND_BATCHES = {
  source: [EVENT.source],
  detailType: [EVENT.detailType, EVENT.batchDetailType],
};
