import { createHmac } from "node:crypto";

/**
 * The headers that prove a webhook: its id, which is the same in each try, and a time and a signature of this one. `now`: Unix
 * seconds; receivers refuse what was signed more than five minutes ago.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signedHeaders(key: Buffer, id: string, body: string, now: number): Record<string, string> {
  const timestamp = String(Math.floor(now));
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
