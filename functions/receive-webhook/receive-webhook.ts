/** OpenAI's webhooks: the end of a batch wakes the execution that waits for it. */
import OpenAI from "openai";
import type { UnwrapWebhookEvent } from "openai/resources/webhooks";
import { note } from "../../shared/telemetry.ts";
import { type WakeSettings, wakeBatch } from "../../shared/workflow/wake-batch.ts";
import type { WebhookRequest } from "./request.ts";

/** Bytes of a body; an event has a few hundred. */
const MOST_BYTES = 16 * 1024;

/** What `receiveWebhook` needs besides the table. */
export interface ReceiveSettings extends WakeSettings {
  /** The secret with which OpenAI signs. */
  secret: () => Promise<string>;
}

/** Takes one delivery. @returns the HTTP status of the answer */
export async function receiveWebhook(request: WebhookRequest, settings: ReceiveSettings): Promise<number> {
  if (request.method !== "POST") return refuse(405);
  if (Buffer.byteLength(request.body) > MOST_BYTES) return refuse(413);
  const event = await verified(request, await settings.secret());
  if (!event) return refuse(401);
  const provider_batch_id = endedBatch(event);
  note({ provider_batch_id, outcome: "not about a batch's end" });
  if (provider_batch_id === null) return 200;
  await wakeBatch(provider_batch_id, settings);
  return 200;
}

/** Answers with the status alone, because the sender is unknown. */
function refuse(status: number): number {
  note({ outcome: "refused", status });
  return status;
}

/** The event, when OpenAI has signed it within the last five minutes; else null. */
async function verified(
  { body, headers }: WebhookRequest,
  secret: string,
): Promise<UnwrapWebhookEvent | null> {
  // The client wants a key, of which verifying makes no use.
  const { webhooks } = new OpenAI({ apiKey: "none" });
  return webhooks.unwrap(body, headers, secret).catch(() => null);
}

/** The id of the batch whose end an event reports; null for any other event. */
function endedBatch(event: UnwrapWebhookEvent): string | null {
  switch (event.type) {
    case "batch.completed":
    case "batch.failed":
    case "batch.expired":
    case "batch.cancelled":
      return event.data.id;
    default:
      return null;
  }
}
