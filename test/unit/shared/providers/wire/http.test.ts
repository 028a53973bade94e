import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { send, textOf } from "../../../../../shared/providers/wire/http.ts";
import { jsonOf, rest } from "../../../../../shared/providers/wire/rest.ts";

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a redirect is followed where it may be, to another server without credentials", async () => {
  const seen: unknown[] = [];
  const other = await serve(({ headers }, response) => {
    seen.push([headers.authorization, headers["x-api-key"], headers.range]);
    response.end("the file");
  });
  const first = await serve((_, response) => response.writeHead(302, { location: `${other}/file` }).end());
  const headers = { authorization: "Bearer k", "x-api-key": "k", range: "bytes=5-" };
  const answer = await send(new URL(first), { headers, follow: true });
  expect(await textOf(answer)).toBe("the file");
  expect(seen).toEqual([[undefined, undefined, "bytes=5-"]]);
  await expect(send(new URL(first), { headers })).rejects.toThrow("unexpected redirect");
  const circle = await serve((_, response) => response.writeHead(307, { location: "/" }).end());
  await expect(send(new URL(circle), { follow: true })).rejects.toThrow("unexpected redirect");
});

test("an answer that is compressed without being asked for is read", async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, {
      "content-encoding": "gzip",
      "content-type": "application/json; charset=utf-8",
    });
    response.end(gzipSync('{"a":"é"}'));
  });
  expect(await jsonOf(await rest(url, {}))).toEqual({ a: "é" });
});

test("what may pass is tried again as often as it may be, with the body", async () => {
  const bodies: string[] = [];
  const statuses = [503, 429, 200, 503, 400];
  const url = await serve(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    response.writeHead(statuses.shift() ?? 500, { "retry-after": "0" }).end("x");
  });
  const request = { method: "POST", body: "{}", retries: 2 };
  expect(await textOf(await rest(url, request))).toBe("x");
  expect(bodies).toEqual(["{}", "{}", "{}"]);
  await expect(rest(url, { ...request, retries: 0 })).rejects.toMatchObject({ status: 503 });
  await expect(rest(url, request)).rejects.toMatchObject({ status: 400 });
  expect(statuses).toEqual([]);
});

test("a server that does not answer in time, or breaks off, is an error; an aborted call has the signal's reason", async () => {
  const silent = await serve(() => {});
  await expect(send(new URL(silent), { timeout: 30 })).rejects.toThrow("no answer in 0.03 s");
  const cut = await serve((_, response) => {
    response.writeHead(200, { "content-length": "10" }).write("half");
    setTimeout(() => response.destroy(), 20);
  });
  await expect(send(new URL(cut), {}).then(textOf)).rejects.toMatchObject({ code: "ECONNRESET" });
  const slow = await serve((_, response) => void response.writeHead(200).write("half"));
  const abort = new AbortController();
  const answer = await send(new URL(slow), { signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(textOf(answer)).rejects.toThrow("enough");
});
