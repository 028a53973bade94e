/** Sends an event to the webhook, signed as Standard Webhooks says: https://www.standardwebhooks.com */
import * as z from "zod";
import { messageOf } from "../../shared/errors.ts";
import { signedHeaders } from "../../shared/secrets/webhook-signature.ts";
import { note } from "../../shared/telemetry.ts";

/** Milliseconds that the receiver has to answer. */
const TIME_LIMIT = 15_000;

/** The one field of an event that is read. */
const Identified = z.object({ id: z.string().min(1) });

export interface WebhookSettings {
  url: string;
  key: Buffer;
  /** Unix seconds. */
  now: number;
  /** Milliseconds that the receiver has to answer. Default: 15 seconds. */
  timeLimit?: number;
}

/**
 * Posts an event as it is. The message has the event's id, so a receiver recognizes an event that it gets twice. Each try
 * has its own time.
 * @throws Error unless the answer is a 2xx within the time limit; a redirect is none. It names only the host, because the
 * rest of a URL can be a secret
 */
export async function sendWebhook(
  event: string,
  { url, key, now, timeLimit = TIME_LIMIT }: WebhookSettings,
): Promise<void> {
  const { id } = Identified.parse(JSON.parse(event));
  note({ event: id });
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "Nightshift",
      ...signedHeaders(key, id, event, now),
    },
    body: event,
    redirect: "manual",
    signal: AbortSignal.timeout(timeLimit),
  }).catch((error: Error) => {
    const reason = messageOf(error.cause ?? error);
    throw new Error(`The webhook at ${new URL(url).host} did not take event ${id}: ${reason}`);
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new Error(
      `The webhook at ${new URL(url).host} did not take event ${id}: it answered ${response.status}`,
    );
}
