/** Who may call the servers on loopback. */
import { request } from "node:http";
import { beforeAll, expect, test } from "vitest";
import { startSandbox } from "../../../local/sandbox/sandbox.ts";

/** The status of a GET with these headers; `fetch` would not send a `Host` of ours. */
function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once("error", reject)
      .end();
  });
}

const servers: Record<string, string> = {};

beforeAll(async () => {
  const sandbox = await startSandbox();
  servers.sandbox = `${sandbox.openaiBaseUrl}/batches`;
  return async () => {
    await sandbox.close();
  };
});

test.each(["sandbox"])("%s takes requests by this machine's names only", async (server) => {
  const url = servers[server] ?? "";
  const { port } = new URL(url);
  for (const host of [
    "localhost",
    "127.0.0.1",
    `localhost:${port}`,
    `[::1]:${port}`,
    `bucket.localhost:${port}`,
  ]) {
    expect([host, await statusOf(url, { host })]).not.toContain(403);
  }
  for (const host of [
    "evil.example",
    `evil.example:${port}`,
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "notlocalhost",
  ]) {
    expect([host, await statusOf(url, { host })]).toContain(403);
  }
});

test.each(["sandbox"])("%s takes no requests from other origins' pages", async (server) => {
  const url = servers[server] ?? "";
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1.evil.example"]) {
    expect([origin, await statusOf(url, { origin })]).toContain(403);
  }
  expect(await statusOf(url, { origin: "http://localhost:3000" })).not.toBe(403);
});
