/** The viewer's server: on loopback alone, under a random token, for one browser of this machine. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { LOOPBACK, refuseForeigners } from "../../local/loopback.ts";
import { messageOf } from "../../shared/errors.ts";
import { failedKey, reportKey, resultsKey, summaryKey } from "../../shared/objects/keys.ts";
import { openObject } from "../../shared/objects/objects.ts";
import { UsageError } from "../exit-codes.ts";
import type { Jobs } from "./jobs.ts";
import { PAGE } from "./page.generated.ts";
import { lastRows, readRows } from "./rows.ts";

/** A server that is up. */
export interface Viewer {
  /** Its address, token included: whoever has it can read the jobs' answers. */
  url: string;
  close(): Promise<void>;
}

/** Files that a job's page offers, by name. */
const FILES = new Map([
  ["results.jsonl", { key: resultsKey, type: "application/jsonl" }],
  ["failed.jsonl", { key: failedKey, type: "application/jsonl" }],
  ["summary.json", { key: summaryKey, type: "application/json" }],
  ["report.html", { key: reportKey, type: "text/html; charset=utf-8" }],
]);

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
  const [what = "", id = "", action = ""] = path.map((part) => decodeURIComponent(part));
  if (request.method === "POST") {
    if (what === "jobs" && action === "cancel")
      return send(response, 200, { message: await jobs.cancel(id) });
    return send(response, 404, { error: "there is nothing to do here" });
  }
  if (what === "")
    return void response.writeHead(200, { ...HEADERS, "content-type": "text/html; charset=utf-8" }).end(PAGE);
  if (what === "jobs" && id === "") return send(response, 200, await jobs.list());
  if (what === "jobs" && action === "") return send(response, 200, await jobs.status(id));
  if (what === "jobs" && action === "rows")
    return send(response, 200, await rows(jobs, id, url.searchParams));
  const file = FILES.get(action);
  if (what === "files" && file) return sendFile(jobs, id, file, action, response);
  return send(response, 404, { error: "there is nothing here" });
}

async function rows(jobs: Jobs, id: string, query: URLSearchParams): Promise<object> {
  const count = Math.min(Number(query.get("count")) || 50, MOST_ROWS);
  const text = query.get("text") ?? "";
  const status = query.get("status") ?? "";
  return jobs.with(id, async ({ job: { job_id } }) => {
    const from = query.get("from") === "end" ? await lastRows(job_id, count) : Number(query.get("from")) || 0;
    const page = await readRows(job_id, { from, count, text, status });
    return { from, ...(page ?? { rows: [], next: 0, size: 0 }) };
  });
}

async function sendFile(
  jobs: Jobs,
  id: string,
  { key, type }: { key: (job_id: string) => string; type: string },
  name: string,
  response: ServerResponse,
): Promise<void> {
  const body = await jobs.with(id, ({ job }) => openObject(key(job.job_id)));
  const shown = name === "report.html" ? "inline" : "attachment";
  response.writeHead(200, {
    ...HEADERS,
    "content-type": type,
    "content-disposition": `${shown}; filename="${name}"`,
  });
  await pipeline(body, response);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...HEADERS, "content-type": "application/json" }).end(JSON.stringify(body));
}

function isToken(given: string, token: string): boolean {
  return given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));
}
