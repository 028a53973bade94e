import { z } from "zod";
import { observed } from "../../shared/telemetry.ts";
import { expireObjects } from "./expire-objects.ts";

const ExpireInput = z.object({ job_id: z.string().min(1) });

/** State `ExpireObjects`. */
export const handler = observed("expire-objects", (event) => expireObjects(ExpireInput.parse(event).job_id));
