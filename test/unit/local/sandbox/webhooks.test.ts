/** The sandbox's webhooks, as a receiver with OpenAI's own SDK sees them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { expect, onTestFinished, test, vi } from "vitest";
import type { SandboxOptions } from "../../../../local/sandbox/sandbox.ts";
import { startSandbox } from "../../../../local/sandbox/sandbox.ts";
import { type Received, startReceiver } from "../../../harness/receiver.ts";
import { chatLine, chatLines, createOpenai, openaiClient } from "./setup.ts";

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes here").toString("base64")}`;

/** A receiver that gives these answers, then 204. */
async function receiver(...answers: number[]) {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  receiver.answers.push(...answers);
  return receiver;
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

test("the end of a batch that is not polled is sent once, signed so that the SDK takes it", async () => {
  const { received, url } = await receiver();
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
  const { received, url } = await receiver();
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
  const { received, url } = await receiver();
  await createOpenai(await told(url, options), lines);
  await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 5000 });
  expect((await unwrap(received[0] as Received)).type).toBe(`batch.${status}`);
});

test("what is not taken comes again, under the same id and signed anew; a redirect is not followed", async () => {
  const { received, url } = await receiver(503, 302);
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

test("an end that could not be sent before it was stopped is sent after the next start, and not again", async () => {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-webhooks-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const { received, url } = await receiver(503);
  const webhook = { url, secret: SECRET };
  const options = { dir, latencySeconds: 0.2, webhook };
  const first = await startSandbox(options);
  await createOpenai(openaiClient(first), chatLines(1));
  await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 5000 });
  await first.close();
  const second = await startSandbox(options);
  await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 5000 });
  await second.close();
  const third = await startSandbox(options);
  const { id } = await createOpenai(openaiClient(third), chatLines(1));
  await vi.waitFor(() => expect(received).toHaveLength(3), { timeout: 5000 });
  await third.close();
  const about = received.map(({ body }) => JSON.parse(body).data.id);
  expect([about[0] === about[1], about[2]]).toEqual([true, id]);
});

test("an address that is registered by the API gets it, signed with the secret that it was given", async () => {
  const { received, url } = await receiver();
  const sandbox = await startSandbox({ latencySeconds: 0.2 });
  onTestFinished(() => sandbox.close());
  const openai = openaiClient(sandbox);
  const wanted = { name: "mine", url, event_types: ["batch.completed"] as const };
  const { id, signing_secret } = await openai.webhooks.create({
    ...wanted,
    event_types: ["batch.completed"],
  });
  const { data } = await openai.webhooks.list();
  expect(data).toMatchObject([wanted]);
  expect(JSON.stringify(data)).not.toContain(signing_secret);
  await createOpenai(openai, chatLines(1));
  await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 5000 });
  const [webhook] = received as [Received];
  expect((await unwrap(webhook, signing_secret)).type).toBe("batch.completed");
  expect((await openai.webhooks.rotateSecret(id)).signing_secret).not.toBe(signing_secret);
  await openai.webhooks.delete(id);
  await expect(openai.webhooks.retrieve(id)).rejects.toMatchObject({ status: 404 });
  const plain = { name: "mine", url: "http://example.com/hook", event_types: ["batch.completed" as const] };
  await expect(openai.webhooks.create(plain)).rejects.toMatchObject({ status: 400 });
});
