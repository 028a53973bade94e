/** OpenAI's files and batches, as far as Nightshift uses them. */
import { ABSURD, answerTo, lineText } from "./answers.ts";
import { type SimulatedBatch, SimulatedBatches } from "./provider-batches.ts";
import { type ApiAnswer, type ApiRequest, type SimulatedApi, withoutLastLine } from "./provider-http.ts";
import { ItemFates, type SimulatedItem } from "./provider-items.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

type Json = Record<string, unknown>;

/** A request of a batch file. */
interface RequestLine {
  custom_id: string;
  url: string;
  body: { model: string; messages?: { content: string }[]; input?: string };
}

/** The simulated OpenAI. */
export class OpenAIApi implements SimulatedApi {
  readonly files = new Map<string, Buffer>();
  /** Who uploaded a file, or whose batch made it. */
  readonly #owners = new Map<string, string>();
  /** Files that go by themselves: uploads within two days, results when the create said so. */
  readonly passing = new Set<string>();
  readonly batches: SimulatedBatches;
  #count = 0;
  readonly #world: World;
  readonly #random: Random;
  readonly #tokensPerEstimate: number;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#tokensPerEstimate = random.pick([0.5, 0.8, 1, 1.3, 2]);
    const publish = (batch: SimulatedBatch) => this.#publish(batch);
    this.batches = new SimulatedBatches(world, random, new ItemFates(world, random), {
      validates: true,
      publish,
    });
  }

  operation({ method, path }: Pick<ApiRequest, "method" | "path">): string {
    if (path === "/v1/files") return "files.create";
    if (path.startsWith("/v1/files/")) return method === "DELETE" ? "files.delete" : "files.content";
    if (path === "/v1/chat/completions" || path === "/v1/responses") return "ask";
    if (path === "/v1/batches") return method === "POST" ? "batches.create" : "batches.list";
    return path.endsWith("/cancel") ? "batches.cancel" : "batches.retrieve";
  }

  answer(request: ApiRequest): ApiAnswer {
    const id = request.path.split("/")[3] ?? "";
    switch (this.operation(request)) {
      case "files.create":
        return ok({ id: this.#upload(request), object: "file", purpose: "batch" });
      case "files.content": {
        const file = this.#file(id, request.key);
        return file ? { status: 200, file: this.#asItIsNow(id, file) } : this.#missing("No such File object");
      }
      case "files.delete":
        return this.#file(id, request.key) && this.files.delete(id)
          ? ok({ id, deleted: true })
          : this.#missing("No such File object");
      case "batches.create":
        return this.#create(JSON.parse(request.body.toString("utf8")), request.key);
      case "ask":
        return this.#ask(request);
      case "batches.list":
        return this.#list(request);
      default:
        return this.#batch(id, request);
    }
  }

  error(status: number, message: string): unknown {
    return {
      error: { message, type: status === 429 ? "rate_limit" : "server_error", param: null, code: null },
    };
  }

  /** A request in real time: the response of a result line. */
  #ask({ path, body }: ApiRequest): ApiAnswer {
    const item = this.batches.askNow(messageOf(JSON.parse(body.toString("utf8"))));
    const { response } = this.#resultLine(item, path, "completed");
    const { status_code = 200, body: json = response } = response as { status_code?: number; body?: unknown };
    const onTaken = () => {
      item.delivered = true;
    };
    return { status: status_code, json, onTaken };
  }

  #missing(message: string): ApiAnswer {
    return { status: 404, json: this.error(404, message) };
  }

  /** A file of results, which may lack its last lines for a while. */
  #asItIsNow(id: string, file: Buffer): Buffer {
    const batch = this.batches.all.find(({ fields }) => Object.values(fields).includes(id));
    return batch && this.#world.time.now < batch.linesAt ? withoutLastLine(file) : file;
  }

  #upload(request: ApiRequest): string {
    const id = this.#addFile(uploadedFile(request), request.key);
    const seconds = /name="expires_after\[seconds\]"\r\n\r\n(\d+)/.exec(request.body.toString("latin1"))?.[1];
    if (Number(seconds) <= 48 * 3600) this.passing.add(id);
    return id;
  }

  #file(id: string, key: string): Buffer | undefined {
    return this.#owners.get(id) === key ? this.files.get(id) : undefined;
  }

  #addFile(bytes: Buffer, key: string): string {
    const id = `file-${++this.#count}`;
    this.#owners.set(id, key);
    this.files.set(id, bytes);
    return id;
  }

  #create(params: { input_file_id: string; endpoint: string; metadata: Json }, key: string): ApiAnswer {
    const file = this.#file(params.input_file_id, key);
    if (!file) return this.#missing(`No such File object: ${params.input_file_id}`);
    this.passing.delete(params.input_file_id);
    const requests = file
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as RequestLine);
    const items = requests.map(({ custom_id, body }) => ({ custom_id, message: messageOf(body) }));
    if (this.batches.fates.refusedIn(items.map(({ message }) => message)) >= 0)
      return { status: 400, json: this.error(400, "the batch could not be created") };
    // The provider counts tokens in its own way: a client's estimate is off by some factor.
    const tokens = Math.ceil((file.length / 4) * this.#tokensPerEstimate);
    return ok(this.#shown(this.batches.create(`batch_${++this.#count}`, key, items, tokens, { ...params })));
  }

  #list({ query, key }: ApiRequest): ApiAnswer {
    const all = this.batches.listed(key);
    const start = query.has("after") ? all.findIndex((batch) => batch.id === query.get("after")) + 1 : 0;
    // Small pages: a job must not rely on what it looks for being on the first.
    const page = all.slice(start, start + 2);
    return ok({
      object: "list",
      data: page.map((batch) => this.#shown(batch)),
      has_more: start + page.length < all.length,
    });
  }

  #batch(id: string, { path, key }: ApiRequest): ApiAnswer {
    const batch = this.batches.get(id, key);
    const cancel = path.endsWith("/cancel");
    if (!batch) return this.#missing(`No batch found with id '${id}'.`);
    if (cancel && !this.batches.cancel(batch)) {
      return { status: 409, json: this.error(409, `Cannot cancel a batch with status '${batch.state}'.`) };
    }
    return ok(this.#shown(batch));
  }

  #shown(batch: SimulatedBatch): Json {
    const late = this.#world.time.now < batch.filesAt;
    return { ...shown(batch), ...(late && { output_file_id: null, error_file_id: null }) };
  }

  #publish(batch: SimulatedBatch): void {
    if (batch.turnedAway !== null) {
      const message = `Enqueued token limit reached for gpt-sim in organization org-x. Limit: ${batch.turnedAway.toLocaleString("en-US")} enqueued tokens. Please try again once some in_progress batches have been completed.`;
      batch.fields.errors = {
        object: "list",
        data: [{ code: "token_limit_exceeded", line: null, message, param: null }],
      };
      return;
    }
    if (batch.failedWith !== null) {
      const problem = { code: batch.failedWith, line: null, message: "simulated", param: null };
      batch.fields.errors = { object: "list", data: [problem] };
      return;
    }
    if (batch.state === "failed") {
      const data = batch.invalid.map((line) => ({
        code: "invalid_request",
        line,
        message: "simulated",
        param: null,
      }));
      batch.fields.errors = { object: "list", data };
      return;
    }
    const endpoint = String(batch.fields.endpoint);
    const output = batch.items.filter(
      ({ outcome }) => outcome !== null && ["answered", "refused", "odd", "absurd"].includes(outcome),
    );
    const errors = batch.items.filter((item) => !output.includes(item));
    for (const [key, items] of [
      ["output_file_id", output],
      ["error_file_id", errors],
    ] as const) {
      if (items.length === 0) continue;
      const lines = items.map((item) => ({
        item,
        text: lineText(this.#resultLine(item, endpoint, batch.state)),
      }));
      const file = this.batches.fates.mangle(lines, (random) =>
        JSON.stringify(this.#foreignLine(random, items)),
      );
      const id = this.#addFile(Buffer.from(file.map((line) => `${line}\n`).join("")), batch.key);
      batch.fields[key] = id;
      // Nobody waits for a late file of an ended batch that ran nothing: the provider drops it, as the create asked.
      const ranNone = batch.items.every(({ outcome }) => outcome === "unrun");
      if (batch.filesAt > 0 && ranNone && batch.fields.output_expires_after) this.passing.add(id);
    }
  }

  #resultLine(
    { custom_id, message, outcome }: SimulatedItem,
    endpoint: string,
    state: string,
  ): Json & { response: unknown } {
    const line = { id: `batch_req_${++this.#count}`, custom_id };
    if (outcome === "absurd") return { ...line, ...this.#absurd(), error: null };
    if (outcome === "unrun") {
      const code = state === "expired" ? "batch_expired" : "batch_cancelled";
      return { ...line, response: null, error: { code, message: "This request was not run." } };
    }
    const status_code =
      outcome === "rejected" ? 400 : outcome === "overloaded" ? this.#random.pick([429, 500, 503]) : 200;
    const body =
      status_code === 200 ? bodyOf(endpoint, message, outcome) : this.error(status_code, "simulated");
    return { ...line, response: { status_code, request_id: `req_${this.#count}`, body }, error: null };
  }

  /** A response of which some part is absurd. */
  #absurd(): { response: unknown } {
    const absurd = () => this.#random.pick(ABSURD);
    const body = this.#random.pick<() => unknown>([
      absurd,
      () => ({ choices: absurd(), output: absurd() }),
      () => ({ choices: [{ message: absurd() }] }),
      () => ({ object: "chat.completion", choices: [{ message: { tool_calls: absurd() } }] }),
      () => ({ object: "response", status: absurd(), output: [{ type: "message", content: absurd() }] }),
      () => ({ choices: [{ message: { content: null } }], usage: absurd() }),
    ])();
    return { response: this.#random.chance(0.8) ? { status_code: 200, request_id: "x", body } : absurd() };
  }

  /** Another batch's line, one of a line that was not sent, or one without an id. */
  #foreignLine(random: Random, items: SimulatedItem[]): Json {
    const tag = items[0]?.custom_id.split("-")[0];
    const custom_id = random.pick([
      `0123456789abcdef-${random.int(1, 9)}`,
      `${tag}-9999`,
      `${tag}-0`,
      `${tag}-1x`,
      null,
    ]);
    const body = bodyOf("/v1/chat/completions", "somebody else's", "answered");
    return {
      id: "batch_req_x",
      custom_id,
      response: { status_code: 200, request_id: "x", body },
      error: null,
    };
  }
}

function ok(json: unknown): ApiAnswer {
  return { status: 200, json };
}

function messageOf(body: RequestLine["body"]): string {
  return body.messages?.at(-1)?.content ?? body.input ?? "";
}

function shown(batch: SimulatedBatch): Json {
  const ended = batch.ended === null ? null : Math.floor(batch.ended / 1000);
  const count = (...outcomes: string[]) =>
    batch.items.filter(({ outcome }) => outcome && outcomes.includes(outcome)).length;
  return {
    id: batch.id,
    object: "batch",
    ...batch.fields,
    status: batch.state,
    created_at: Math.floor(batch.created / 1000),
    [`${batch.state}_at`]: ended,
    request_counts: {
      total: batch.state === "validating" || batch.state === "failed" ? 0 : batch.items.length,
      completed: count("answered", "refused", "odd", "absurd"),
      failed: count("rejected", "overloaded"),
    },
  };
}

function bodyOf(endpoint: string, message: string, outcome: SimulatedItem["outcome"]): Json {
  const text = outcome === "answered" ? answerTo(message) : null;
  if (endpoint === "/v1/responses") {
    const content = text === null ? { type: "refusal", refusal: "no" } : { type: "output_text", text };
    const output = outcome === "odd" ? null : [{ type: "message", content: [content] }];
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    return { object: outcome === "odd" ? "odd" : "response", status: "completed", output, usage };
  }
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const message_ =
    outcome === "odd" ? null : { role: "assistant", content: text, refusal: text === null ? "no" : null };
  return {
    object: "chat.completion",
    choices: [{ index: 0, message: message_, finish_reason: "stop" }],
    usage,
  };
}

/** The file in a multipart form: the last part of it. */
function uploadedFile({ headers, body }: ApiRequest): Buffer {
  const boundary = /boundary=(.*)$/.exec(headers.get("content-type") ?? "")?.[1];
  if (Number(headers.get("content-length")) !== body.length)
    throw new Error("content-length is not the body's length");
  const start = body.lastIndexOf("\r\n\r\n") + 4;
  return body.subarray(start, body.lastIndexOf(`\r\n--${boundary}--`));
}
