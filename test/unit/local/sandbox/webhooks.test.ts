/** The sandbox's webhooks, as a receiver with OpenAI's own SDK sees them. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { expect, onTestFinished, test, vi } from "vitest";
import type { SandboxOptions } from "../../../../local/sandbox/sandbox.ts";
import { startSandbox } from "../../../../local/sandbox/sandbox.ts";
import { chatLine, chatLines, createOpenai } from "./setup.ts";

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes here").toString("base64")}`;

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server that answers one status after the other, the last for ever, and keeps what it got. */
async function receiver(...statuses: number[]) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    response.statusCode = statuses[Math.min(received.length, statuses.length) - 1] ?? 200;
    response.setHeader("location", "/elsewhere");
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

/** A sandbox that tells `url`, and a client of it. */
async function told(url: string, options: SandboxOptions = {}) {
  const webhook = { url, secret: SECRET };
  const sandbox = await startSandbox({ latencySeconds: 0.2, webhook, ...options });
  onTestFinished(() => sandbox.close());
  return new OpenAI({ apiKey: "any", baseURL: sandbox.openaiBaseUrl, maxRetries: 0 });
}

const unwrap = ({ body, headers }: Received, secret = SECRET) =>
  new OpenAI({ apiKey: "any" }).webhooks.unwrap(body, headers as Record<string, string>, secret);

test("the end of a batch nobody looks at is told once, signed so that the SDK takes it", async () => {
  const { received, url } = await receiver(200);
  const openai = await told(url);
  const { id } = await createOpenai(openai, chatLines(2));
  const other = await createOpenai(openai, chatLines(1));
  await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 5000 });
  const events = await Promise.all(received.map((webhook) => unwrap(webhook)));
  const batch = await openai.batches.retrieve(id);
  expect(events).toContainEqual({
    id: expect.stringMatching(/^evt_/),
    object: "event",
    type: "batch.completed",
    created_at: batch.completed_at,
    data: { id },
  });
  expect(events.map((event) => (event.data as { id: string }).id).sort()).toEqual([id, other.id].sort());
});

test("with another secret, a changed body or an old timestamp the SDK refuses it", async () => {
  const { received, url } = await receiver(200);
  await createOpenai(await told(url), chatLines(1));
  await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 5000 });
  const [webhook] = received as [Received];
  await expect(unwrap(webhook, `whsec_${btoa("another secret")}`)).rejects.toThrow(/signature/);
  await expect(unwrap({ ...webhook, body: `${webhook.body} ` })).rejects.toThrow(/signature/);
  const headers = { ...webhook.headers, "webhook-timestamp": String(Math.floor(Date.now() / 1000) - 301) };
  await expect(unwrap({ ...webhook, headers })).rejects.toThrow(/too old/);
});

test.each([
  ["failed", [chatLine("a"), chatLine("a")], {}],
  ["expired", chatLines(1), { expirySeconds: 0.1 }],
])("a batch that %s", async (status, lines, options) => {
  const { received, url } = await receiver(200);
  await createOpenai(await told(url, options), lines);
  await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 5000 });
  expect((await unwrap(received[0] as Received)).type).toBe(`batch.${status}`);
});

test("what is not taken comes again, under the same id and signed anew; a redirect is not followed", async () => {
  const { received, url } = await receiver(503, 302, 204);
  const deliveries: (number | null)[] = [];
  const webhook = {
    url,
    secret: SECRET,
    onDelivery: ({ status }: { status: number | null }) => deliveries.push(status),
  };
  await createOpenai(await told(url, { webhook }), chatLines(1));
  await vi.waitFor(() => expect(deliveries).toEqual([503, 302, 204]), { timeout: 10_000 });
  expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect(new Set(received.map(({ headers }) => headers["webhook-signature"])).size).toBe(3);
  for (const one of received) await unwrap(one);
});
