import { existsSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import type { StoredBatch } from "./batch.ts";
import { readLines } from "./lines.ts";
import type { Answer, Asked, BatchRequest, Protocol } from "./protocol.ts";
import { requestLines, type Settling } from "./settle.ts";

/** An OpenAI-compatible server that answers in the sandbox's place. */
export interface Upstream {
  /** Base URL with its version, e.g. `http://127.0.0.1:11434/v1`. */
  url: string;
  key: string | undefined;
}

/** Answers of a batch that are on disk. */
export interface AnswerCounts {
  succeeded: number;
  failed: number;
}

/** Requests at the upstream server at once. */
const CONCURRENCY = 8;

interface LoggedAnswer extends Answer {
  /** The request's number in the batch, from 0. */
  request: number;
  custom_id: string;
  /** Its body, where result lines repeat it. */
  asked?: Record<string, unknown> | undefined;
}

/** Paths of a batch's requests, and of the log of their answers. */
export interface WorkFiles {
  requests: string;
  log: string;
}

/**
 * Sends the requests of a batch that have no answer yet, and logs each answer as it comes. After a restart
 * only those in flight at the kill (8 at most) are sent again. Gives whether all were answered; false when `stop` said
 * to stop.
 */
export async function answerUpstream(
  batch: StoredBatch,
  protocol: Protocol,
  upstream: Upstream,
  { requests, log }: WorkFiles,
  stop: { expired(): boolean; signal: AbortSignal },
  progress: AnswerCounts,
): Promise<boolean> {
  const done = await answeredRequests(log, progress);
  const running = new Set<Promise<void>>();
  let at = -1;
  for await (const line of requestLines(requests)) {
    at += 1;
    if (done.has(at)) continue;
    if (stop.signal.aborted || stop.expired()) break;
    const request = at;
    const parsed = protocol.parse(line);
    const task: Promise<void> = ask(batch, protocol, upstream, parsed, stop.signal)
      .then(async (answer) => {
        if (answer === null) return;
        const asked = protocol.echoes && parsed.body;
        const entry: LoggedAnswer = { request, custom_id: parsed.custom_id, asked, ...answer };
        await appendFile(log, `${JSON.stringify(entry)}\n`);
        countAnswer(progress, answer.status);
      })
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= CONCURRENCY) await Promise.race(running);
  }
  await Promise.all(running);
  return !stop.signal.aborted && !stop.expired();
}

/** Answers kept in a log, in the order they came, then the requests that have none. */
export async function* loggedAnswers(
  protocol: Protocol,
  { requests, log }: WorkFiles,
): AsyncGenerator<Settling> {
  const done = new RequestSet();
  for await (const { request, custom_id, asked, ...answer } of readLog(log)) {
    if (done.has(request)) continue;
    done.add(request);
    yield { custom_id, answer, request: asked };
  }
  let at = -1;
  for await (const line of requestLines(requests)) {
    at += 1;
    if (!done.has(at)) yield { custom_id: protocol.parse(line).custom_id, answer: null };
  }
}

/** The upstream server's answer to one request; null when `signal` stopped it. */
export async function ask(
  asked: Asked,
  protocol: Protocol,
  upstream: Upstream,
  request: BatchRequest,
  signal: AbortSignal,
): Promise<Answer | null> {
  const translated = protocol.toUpstream(asked, request);
  if ("status" in translated) return translated;
  try {
    const response = await fetch(`${upstream.url.replace(/\/$/, "")}${translated.path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(upstream.key === undefined ? {} : { authorization: `Bearer ${upstream.key}` }),
      },
      body: JSON.stringify(translated.body),
      signal,
    });
    return protocol.fromUpstream(asked, request, response.status, bodyOf(await response.text()));
  } catch {
    if (signal.aborted) return null;
    const message = "The upstream server could not be reached.";
    return protocol.fromUpstream(asked, request, 502, {
      error: { message, type: "server_error", param: null, code: null },
    });
  }
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const message = "The upstream server did not answer in JSON.";
    return { error: { message, type: "server_error", param: null, code: null } };
  }
}

function countAnswer(progress: AnswerCounts, status: number): void {
  if (status === 200) progress.succeeded += 1;
  else progress.failed += 1;
}

async function* readLog(log: string): AsyncGenerator<LoggedAnswer> {
  if (!existsSync(log)) return;
  for await (const line of readLines(log)) {
    try {
      yield JSON.parse(line.toString("utf8")) as LoggedAnswer;
    } catch {
      // The last line of a process that was killed while writing.
    }
  }
}

async function answeredRequests(log: string, progress: AnswerCounts): Promise<RequestSet> {
  const done = new RequestSet();
  for await (const { request, status } of readLog(log)) {
    done.add(request);
    countAnswer(progress, status);
  }
  // A torn last line must not swallow the next one.
  if (existsSync(log)) await appendFile(log, "\n");
  return done;
}

/** Numbers of requests, one bit each: 100,000 requests are 12 kB. */
class RequestSet {
  private bits = new Uint8Array(16 * 1024);

  has(request: number): boolean {
    return ((this.bits[request >> 3] ?? 0) & (1 << (request & 7))) !== 0;
  }

  add(request: number): void {
    const at = request >> 3;
    if (at >= this.bits.length) {
      const larger = new Uint8Array(at * 2);
      larger.set(this.bits);
      this.bits = larger;
    }
    this.bits[at] = (this.bits[at] ?? 0) | (1 << (request & 7));
  }
}
