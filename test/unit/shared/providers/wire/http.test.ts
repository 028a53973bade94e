import { execFile } from "node:child_process";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { readAll, send } from "../../../../../shared/providers/wire/http.ts";
import { jsonOf, rest, retryAfterSeconds } from "../../../../../shared/providers/wire/rest.ts";

const run = promisify(execFile);

async function serve(listener: RequestListener): Promise<string> {
  return addressOf(createServer(listener));
}

/** A server that sends bytes as it is told, once a request came. */
async function serveBytes(answer: (socket: Socket) => void): Promise<string> {
  return addressOf(createTcpServer((socket) => void socket.once("data", () => answer(socket))));
}

async function addressOf(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
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
  expect(await readAll(answer)).toBe("the file");
  expect(seen).toEqual([[undefined, undefined, "bytes=5-"]]);
  expect(await send(new URL(first), { headers })).toMatchObject({ status: 302 });
  const circle = await serve((_, response) => response.writeHead(307, { location: "/" }).end());
  expect(await send(new URL(circle), { follow: true })).toMatchObject({ status: 307 });
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

test("an encoding that cannot be read is an error, not the bytes as they came; a byte order mark is left out", async () => {
  const answers: [string, string | Buffer][] = [
    ["zstd", "x"],
    ["GZIP", gzipSync("\ufeff{}")],
    ["identity", "{}"],
  ];
  const url = await serve((_, response) => {
    const [encoding, text] = answers.shift() ?? [];
    response.setHeader("content-type", "application/json");
    response.setHeader("content-encoding", encoding ?? "");
    response.end(text);
  });
  await expect(rest(url, {})).rejects.toThrow("content-encoding that was not asked for");
  expect(await jsonOf(await rest(url, {}))).toEqual({});
  expect(await jsonOf(await rest(url, {}))).toEqual({});
});

test("a gzip that ends early is an error, as a chunked answer is, also when it is read later", async () => {
  const gzip = gzipSync("a line of a file".repeat(100)).subarray(0, 20);
  const zipped = await serveBytes((socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n");
    socket.end(gzip);
  });
  await expect(send(new URL(zipped), {}).then(readAll)).rejects.toMatchObject({ code: "Z_BUF_ERROR" });
  const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
  const chunked = await serveBytes((socket) => void socket.end(head));
  await expect(send(new URL(chunked), {}).then(readAll)).rejects.toThrow("aborted");
  const late = await send(new URL(chunked), {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  await expect(readAll(late)).rejects.toThrow();
});

test("a body that cannot be read, or has not the bytes that were announced, ends the call at once", async () => {
  const url = await serve((request, response) => request.resume().once("end", () => response.end("all")));
  async function* body(pieces: number, error?: Error) {
    for (let piece = 0; piece < pieces; piece++) yield Buffer.alloc(10);
    if (pieces > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    if (error) throw error;
  }
  const post = (bytes: AsyncIterable<Buffer>) =>
    send(new URL(url), { method: "POST", body: bytes, headers: { "content-length": "100" } });
  await expect(post(body(0, new Error("disk")))).rejects.toThrow("disk");
  await expect(post(body(2, new Error("disk")))).rejects.toThrow("disk");
  await expect(post(body(9))).rejects.toMatchObject({ code: "ERR_HTTP_CONTENT_LENGTH_MISMATCH" });
  await expect(post(body(11))).rejects.toMatchObject({ code: "ERR_HTTP_CONTENT_LENGTH_MISMATCH" });
  expect(await readAll(await post(body(10)))).toBe("all");
});

test("a change of protocols that nobody asked for is an error", async () => {
  const answer = "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n";
  const url = await serveBytes((socket) => void socket.write(answer));
  await expect(send(new URL(url), {})).rejects.toThrow("closed before an answer");
});

test("Node's own proxy counts, however it was set, and a tunnel that stalls ends with the call's time", async () => {
  const asked: unknown[] = [];
  const proxy = createServer(({ url }, response) => {
    asked.push(url);
    response.end("from the proxy");
  });
  proxy.on("connect", ({ url }, socket) => {
    asked.push(url);
    onTestFinished(() => void socket.destroy());
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
  });
  const address = await addressOf(proxy);
  const program = `
    const { send, readAll } = await import(${JSON.stringify(import.meta.resolve("../../../../../shared/providers/wire/http.ts"))});
    console.log(await readAll(await send(new URL("http://api.invalid/v1"), {})));
    await send(new URL("https://api.invalid/v1"), { timeout: 200 }).catch(({ message }) => console.log(message));
    process.exit();`;
  const env = { PATH: process.env.PATH, HTTP_PROXY: address, HTTPS_PROXY: address };
  const { stdout } = await run(process.execPath, ["--use-env-proxy", "--input-type=module", "-e", program], {
    env,
  });
  expect(stdout).toBe("from the proxy\nno answer in 0.2 s\n");
  expect(asked).toEqual(["http://api.invalid/v1", "api.invalid:443"]);
});

test("retry-after-ms is a wait, too, and counts before retry-after", () => {
  const wait = (headers: Record<string, string>) => retryAfterSeconds(new Map(Object.entries(headers)));
  expect(wait({ "retry-after-ms": "1500", "retry-after": "30" })).toBe(2);
  expect(wait({ "retry-after-ms": "x", "retry-after": "30" })).toBe(30);
  expect(wait({ "retry-after-ms": "-1" })).toBeUndefined();
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
  expect(await readAll(await rest(url, request))).toBe("x");
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
  await expect(send(new URL(cut), {}).then(readAll)).rejects.toMatchObject({ code: "ECONNRESET" });
  const slow = await serve((_, response) => void response.writeHead(200).write("half"));
  const abort = new AbortController();
  const answer = await send(new URL(slow), { signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(readAll(answer)).rejects.toThrow("enough");
});

test("calls in turn share a connection, refusals among them", async () => {
  const sockets = new Set<unknown>();
  const url = await serve((request, response) => {
    sockets.add(request.socket);
    response.writeHead(request.url === "/bad" ? 400 : 200).end("x".repeat(1000));
  });
  for (let call = 0; call < 100; call++) {
    if (call % 2) await expect(rest(`${url}/bad`, {})).rejects.toMatchObject({ status: 400 });
    else expect(await readAll(await rest(url, {}))).toHaveLength(1000);
  }
  expect(sockets.size).toBe(1);
});
