/** OpenAI's webhooks: the end of a batch wakes the execution that waits for it. */
import { Webhook } from "standardwebhooks";
import * as z from "zod";
import { isObject, objectAt, textAt } from "../../shared/json/values.ts";
import { note } from "../../shared/telemetry.ts";
import { type WakeDeps, wakeBatch } from "../../shared/workflow/wake-batch.ts";

/** Bytes of a body; an event has a few hundred. */
const MOST_BYTES = 16 * 1024;

/** What `receiveWebhook` needs besides the table. */
export interface ReceiveDeps extends WakeDeps {
  /** The secret with which OpenAI signs. */
  secret: () => Promise<string>;
}

/** Takes one delivery. @returns the HTTP status of the answer */
export async function receiveWebhook(request: WebhookRequest, deps: ReceiveDeps): Promise<number> {
  if (request.method !== "POST") return refuse(405);
  if (Buffer.byteLength(request.body) > MOST_BYTES) return refuse(413);
  const event = verified(request, await deps.secret());
  if (event === undefined) return refuse(401);
  const provider_batch_id = endedBatch(event);
  note({ provider_batch_id, outcome: "not about a batch's end" });
  if (provider_batch_id === null) return 200;
  await wakeBatch(provider_batch_id, deps);
  return 200;
}

/** Answers with the status alone, because the sender is unknown. */
function refuse(status: number): number {
  note({ outcome: "refused", status });
  return status;
}

/** The event, when OpenAI has signed it within the last five minutes. https://www.standardwebhooks.com */
function verified({ body, headers }: WebhookRequest, secret: string): unknown {
  const webhook = new Webhook(secret);
  try {
    return webhook.verify(body, headers);
  } catch {
    return undefined;
  }
}

/** The id of the batch whose end an event reports; null for any other event. */
function endedBatch(event: unknown): string | null {
  if (!isObject(event) || typeof event.type !== "string") return null;
  return /^batch\.(completed|failed|expired|cancelled)$/.test(event.type)
    ? textAt(objectAt(event, "data"), "id")
    : null;
}

/**
 * The event of a Function URL.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
const FunctionUrlEvent = z.object({
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  /** Names in lower case. */
  headers: z.record(z.string(), z.string()),
  body: z.string().default(""),
  isBase64Encoded: z.boolean(),
});

/** A call of the webhook. Header names are in lower case. */
export interface WebhookRequest {
  method: string;
  headers: Record<string, string>;
  /** As it was sent: the signature is about its bytes. */
  body: string;
}

/** A Function URL's event as a request. @throws ZodError when it is no such event */
export function requestOf(event: unknown): WebhookRequest {
  const { requestContext, headers, body, isBase64Encoded } = FunctionUrlEvent.parse(event);
  const text = isBase64Encoded ? Buffer.from(body, "base64").toString("utf8") : body;
  return { method: requestContext.http.method, headers, body: text };
}
