/** The viewer's server: on loopback alone, under a random token, for one browser of this machine. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LOOPBACK, refuseForeigners } from "../../local/loopback.ts";
import { decodedOr } from "../../shared/decoded.ts";
import { messageOf } from "../../shared/errors.ts";
import { UsageError } from "../exit-codes.ts";
import type { Jobs } from "./jobs.ts";
import { PAGE } from "./page.generated.ts";
import { promptOf } from "./prompts.ts";
import { lastRows, readPage } from "./rows.ts";

export interface Viewer {
  /** Its address, token included: a person who has it can read the jobs' answers. */
  url: string;
  close(): Promise<void>;
}

const HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};
const MOST_ROWS = 200;

/** Starts it. `port` 0: any. @throws Error when the port is taken */
export async function startViewer(jobs: Jobs, port = 0): Promise<Viewer> {
  const token = randomBytes(18).toString("base64url");
  const server = createServer((request, response) => {
    answer(jobs, token, request, response).catch((error: unknown) => {
      if (!response.headersSent)
        send(response, error instanceof UsageError ? 404 : 500, { error: messageOf(error) });
      else response.destroy();
    });
  });
  refuseForeigners(server);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, LOOPBACK, resolve));
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/${token}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await jobs.close();
    },
  };
}

async function answer(
  jobs: Jobs,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? "", `http://${LOOPBACK}`);
  const [given = "", ...path] = url?.pathname.slice(1).split("/") ?? [];
  if (!url || !isToken(given, token)) return send(response, 404, { error: "there is nothing here" });
  const [what = "", id = "", action = ""] = path.map((part) => decodedOr(part, part));
  if (request.method === "POST") {
    if (what === "jobs" && action === "cancel")
      return send(response, 200, { message: await jobs.cancel(id) });
    if (what === "jobs" && action === "retry") {
      await jobs.retry(id, url.searchParams.has("real_time"));
      return send(response, 200, {});
    }
    return send(response, 404, { error: "there is nothing to do here" });
  }
  if (what === "")
    return void response.writeHead(200, { ...HEADERS, "content-type": "text/html; charset=utf-8" }).end(PAGE);
  if (what === "jobs" && id === "") return send(response, 200, await jobs.list());
  if (what === "jobs" && action === "") return send(response, 200, await jobs.status(id));
  if (what === "jobs" && action === "rows")
    return send(response, 200, await rows(jobs, id, url.searchParams));
  if (what === "jobs" && action === "prompt") {
    const line = Number(url.searchParams.get("line"));
    return send(response, 200, { prompt: await jobs.with(id, ({ job }) => promptOf(job.job_id, line)) });
  }
  if (what === "files") return sendFile(jobs, id, action, response);
  return send(response, 404, { error: "there is nothing here" });
}

async function rows(jobs: Jobs, id: string, query: URLSearchParams): Promise<object> {
  const whole = (name: string, otherwise: number) =>
    Math.max(0, Math.trunc(Number(query.get(name)))) || otherwise;
  const count = Math.min(whole("count", 50), MOST_ROWS);
  const of = (name: string) => query.get(name) ?? "";
  const [text, status, field, value] = [of("text"), of("status"), of("field"), of("value")];
  return jobs.withRows(id, async (file) => {
    if (!file) return { from: 0, rows: [], next: 0, size: 0 };
    const from = query.get("from") === "end" ? await lastRows(file, count) : whole("from", 0);
    return { from, ...(await readPage(file, { from, count, text, status, field, value })) };
  });
}

async function sendFile(jobs: Jobs, id: string, name: string, response: ServerResponse): Promise<void> {
  // Tables need the price list, half a megabyte of code.
  const { openDownload } = await import("./downloads.ts");
  const download = await jobs.withRows(id, (file, { job, merged }) =>
    openDownload(job.job_id, name, file, merged),
  );
  if (!download) return send(response, 404, { error: "there is no such file" });
  response.writeHead(200, { ...HEADERS, ...download.headers });
  await download.send(response);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...HEADERS, "content-type": "application/json" }).end(JSON.stringify(body));
}

function isToken(given: string, token: string): boolean {
  return given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));
}
