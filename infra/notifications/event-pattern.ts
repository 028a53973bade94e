import { EVENT } from "../../shared/names.ts";

/** What rules on the bus take for an event of a job. */
export const FROM_NIGHTSHIFT = { source: [EVENT.source], detailType: [EVENT.detailType] };
