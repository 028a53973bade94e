import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What stands behind a Function URL. */
type Handler = (event: unknown) => Promise<{ statusCode: number }>;

/** A Lambda's Function URL for a test: what comes by HTTP goes to the handler as AWS hands it over. */
export async function functionUrl(handler: Handler): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method, headers } = request;
    const event = { requestContext: { http: { method } }, headers, body, isBase64Encoded: false };
    // An error of the Lambda's is a 502: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    const { statusCode } = await handler(event).catch(() => ({ statusCode: 502 }));
    response.writeHead(statusCode).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
