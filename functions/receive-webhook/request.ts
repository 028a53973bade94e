import * as z from "zod";

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

export interface WebhookRequest {
  method: string;
  headers: Record<string, string>;
  /** As it was sent: the signature is about its bytes. */
  body: string;
}

export function requestOf(event: unknown): WebhookRequest {
  const { requestContext, headers, body, isBase64Encoded } = FunctionUrlEvent.parse(event);
  const text = isBase64Encoded ? Buffer.from(body, "base64").toString("utf8") : body;
  return { method: requestContext.http.method, headers, body: text };
}
