import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { handler } from "../../../../functions/send-webhook/handler.ts";
import { sendWebhook } from "../../../../functions/send-webhook/send-webhook.ts";
import { ENV } from "../../../../shared/names.ts";
import { startReceiver } from "../../../harness/receiver.ts";
import { captured } from "../../../harness/written.ts";
import { secretsManager } from "../../shared/secrets-manager.ts";

const SECRET = randomBytes(30).toString("base64");
const key = Buffer.from(SECRET, "base64");
const ID = "7bf73129-1428-4cd3-a780-95db273d1602";
/** Spaces and letters that a body put together anew would not have. */
const EVENT = `{"id":"${ID}", "detail": {"model": "\\u00e9 é"}}`;
const receiver = await startReceiver();
const { url } = receiver;
afterAll(() => receiver.close());
afterEach(() => vi.unstubAllEnvs());
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answers.length = 0;
});

/** What a receiver with this secret makes of a POST. @throws when it is not signed with it, or too old */
const verified = (secret: string, at = 0) => {
  const { body, headers } = receiver.received.at(at) ?? { body: "", headers: {} };
  return new Webhook(secret).verify(body, headers as Record<string, string>);
};
const nowSeconds = () => Date.now() / 1000;

test("an event is posted as it is, signed so that a Standard Webhooks library takes it", async () => {
  await sendWebhook(EVENT, { url, key, now: nowSeconds() });
  const [{ body, headers } = expect.fail()] = receiver.received;
  expect(body).toBe(EVENT);
  expect(headers).toMatchObject({ "webhook-id": ID, "content-type": "application/json" });
  expect(verified(`whsec_${SECRET}`)).toEqual(JSON.parse(EVENT));
  expect(() => verified(`whsec_${randomBytes(30).toString("base64")}`)).toThrow("No matching signature");
});

test("a signature is of its own moment: a try that is recorded and sent again later is refused", async () => {
  await sendWebhook(EVENT, { url, key, now: nowSeconds() - 6 * 60 });
  expect(() => verified(SECRET)).toThrow("too old");
});

test.each([301, 302, 307, 400, 410, 429, 500])(
  "%i is no success, and nothing is followed",
  async (status) => {
    receiver.answers.push(status);
    await expect(sendWebhook(EVENT, { url, key, now: nowSeconds() })).rejects.toThrow(
      `The webhook at ${new URL(url).host} did not take event ${ID}: it answered ${status}`,
    );
    expect(receiver.received).toHaveLength(1);
  },
);

test("a receiver that does not answer in time, and one that is not there", async () => {
  receiver.answers.push(null);
  const late = sendWebhook(EVENT, { url, key, now: nowSeconds(), timeLimit: 50 });
  await expect(late).rejects.toThrow(/did not take event .*: .*timeout/);
  const gone = await startReceiver();
  await gone.close();
  await expect(sendWebhook(EVENT, { url: gone.url, key, now: nowSeconds() })).rejects.toThrow("ECONNREFUSED");
});

/** Runs the Lambda as SQS does, with what a deployment gives it. */
function deployed(secretId: string) {
  vi.stubEnv(ENV.notifyUrl, `${url}?token=t0ken`);
  vi.stubEnv(ENV.notifySecret, secretId);
  return () => handler({ Records: [{ messageId: "1", body: EVENT }] });
}

test("SQS brings again what was not taken: the same id, another signature time, a key that was read once", async () => {
  await using manager = await secretsManager({ key: `whsec_${SECRET}` });
  const run = deployed("key");
  const written = captured();
  receiver.answers.push(500);
  const refused = await run().catch((error: Error) => error.message);
  expect(refused).toContain("it answered 500");
  // What an address holds behind its host can be a secret, and an event belongs to no log.
  expect(refused).not.toMatch(/t0ken|detail/);
  await run();
  expect(receiver.received.map(({ headers }) => headers["webhook-id"])).toEqual([ID, ID]);
  expect([verified(SECRET, 0), verified(SECRET, 1)]).toEqual([JSON.parse(EVENT), JSON.parse(EVENT)]);
  expect(manager.reads).toEqual(["key"]);
  expect(written.join("")).toContain(ID);
  expect(written.join("")).not.toMatch(/t0ken|detail/);
});

test.each(["", "unset", "not base64!", "c2hvcnQ=", JSON.stringify({ key: SECRET })])(
  "a secret of %j signs nothing",
  async (text) => {
    await using _ = await secretsManager({ bad: text });
    await expect(deployed("bad")()).rejects.toThrow(
      "The secret bad must hold the webhook's key alone: 24 to 64 bytes in base64",
    );
    expect(receiver.received).toEqual([]);
  },
);
