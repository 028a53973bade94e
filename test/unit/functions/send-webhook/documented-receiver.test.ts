/** The receiver of `docs/events.md`, run as it stands there, takes what the Lambda sends and refuses what others do. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { sendWebhook } from "../../../../functions/send-webhook/send-webhook.ts";
import { freePort } from "../../../harness/free-port.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const page = readFileSync(join(ROOT, "docs/events.md"), "utf8");
const [, code = ""] = /```js\n(.*?)```/s.exec(page) ?? [];
const [, event = ""] = /```json\n([^`]*)```/.exec(page) ?? [];

/** Starts the page's receiver. @returns its address, and what it prints */
async function documentedReceiver(WEBHOOK_SECRET: string) {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-receiver-"));
  writeFileSync(join(dir, "receiver.mjs"), code);
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  const PORT = String(await freePort());
  const child = spawn(process.execPath, ["receiver.mjs"], { cwd: dir, env: { WEBHOOK_SECRET, PORT } });
  const printed: string[] = [];
  child.stdout.on("data", (chunk) => printed.push(String(chunk)));
  child.stderr.on("data", (chunk) => printed.push(String(chunk)));
  onTestFinished(async () => {
    child.kill();
    await once(child, "exit");
    rmSync(dir, { recursive: true });
  });
  const url = `http://127.0.0.1:${PORT}/`;
  while (!(await fetch(url).catch(() => null))) {
    expect(child.exitCode, printed.join("")).toBeNull();
    await sleep(20);
  }
  return { url, printed };
}

test("it prints a job's status when the signature is right, and answers 401 when it is not", async () => {
  const key = randomBytes(30);
  const { url, printed } = await documentedReceiver(`whsec_${key.toString("base64")}`);
  const now = Date.now() / 1000;
  await sendWebhook(event, { url, key, now });
  await expect.poll(() => printed.join("")).toBe("Batch Job State Change: reviews-0f3a9c41d2b7 completed\n");
  await expect(sendWebhook(event, { url, key: randomBytes(30), now })).rejects.toThrow("answered 401");
  await expect(sendWebhook(event, { url, key, now: now - 600 })).rejects.toThrow("answered 401");
});
