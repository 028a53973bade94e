import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { PROVIDERS } from "../../../workflow/items.ts";

const PROGRAM = new URL("submit-program.ts", import.meta.url).pathname;

// A body that is not streamed is held whole: then it is 512 MB and more.
test.each(PROVIDERS)("%s: submitting 512 MB takes less than half of it in memory", async (name) => {
  let received = 0;
  const server = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      response.end('{"id":"id_1"}');
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const env = {
      ...process.env,
      OPENAI_BASE_URL: url,
      ANTHROPIC_BASE_URL: url,
      OPENAI_API_KEY: "key",
      ANTHROPIC_API_KEY: "key",
    };
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, name], { env });
    expect(received).toBeGreaterThanOrEqual(512 << 20);
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(Number(stdout)).toBeLessThan(256 << 20);
  } finally {
    server.close();
  }
});
