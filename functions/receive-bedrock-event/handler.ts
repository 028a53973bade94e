import * as z from "zod";
import { unixNow } from "../../shared/clock.ts";
import { observed } from "../../shared/telemetry.ts";
import { wakeBatch } from "../../shared/workflow/wake-batch.ts";

/**
 * EventBridge's event of a Bedrock job, as far as it is read. The stack's rule lets through only ends of jobs with our names.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-eventbridge.html
 */
const JobEvent = z.object({ detail: z.object({ batchJobArn: z.string() }) });

/** Behind an EventBridge rule. Lambda runs a failed call twice more; polling finds what is lost even so. */
export const handler = observed("receive-bedrock-event", async (event) => {
  const { detail } = JobEvent.parse(event);
  await wakeBatch(detail.batchJobArn, {
    wake: async (token) => (await import("../../shared/workflow/task-tokens.ts")).completeTask(token),
    now: unixNow,
  });
});
