import * as z from "zod";
import { unixNow } from "../../shared/clock.ts";
import { required } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { observed } from "../../shared/telemetry.ts";
import { sendWebhook } from "./send-webhook.ts";
import { signingKey } from "./signing-key.ts";

/** What SQS brings: one message, an event of EventBridge's as it is. */
const Delivery = z.object({ Records: z.tuple([z.object({ body: z.string() })]) });

/** Run by the webhook's queue. What is thrown makes SQS bring the event again. */
export const handler = observed("send-webhook", async (event) => {
  const [{ body }] = Delivery.parse(event).Records;
  const key = await signingKey(required(ENV.notifySecret));
  await sendWebhook(body, { url: required(ENV.notifyUrl), key, now: unixNow() });
});
