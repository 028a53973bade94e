import { unixNow } from "../../shared/clock.ts";
import { required } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { recentSecret } from "../../shared/secrets/secrets.ts";
import { readSigningSecret } from "../../shared/secrets/webhook-signing-secret.ts";
import { observed } from "../../shared/telemetry.ts";
import { receiveWebhook, requestOf } from "./receive-webhook.ts";

/** Behind a Function URL: what is thrown here is a 502, after which OpenAI delivers again. */
export const handler = observed("receive-webhook", async (event) => {
  const statusCode = await receiveWebhook(requestOf(event), {
    secret: () => recentSecret(required(ENV.openaiWebhookSecret), readSigningSecret),
    wake: async (token) => (await import("../../shared/workflow/task-tokens.ts")).completeTask(token),
    now: unixNow,
  });
  return { statusCode };
});
