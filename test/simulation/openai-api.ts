/** OpenAI's files and batches, as far as Nightshift uses them, in the dialects of services that speak it; and Mistral's. */
import { jobBody } from "../../local/sandbox/mistral/job-body.ts";
import { batchBody } from "../../local/sandbox/openai/batch-body.ts";
import { type Dialect, OPENAI } from "../../local/sandbox/openai/dialect.ts";
import type { BatchView } from "../../local/sandbox/runner.ts";
import type { ProviderName } from "../../shared/models.ts";
import { viewOf } from "./batch-view.ts";
import { requestsIn } from "./forms.ts";
import type { SimulatedBatch } from "./provider-batches.ts";
import type { ApiAnswer, ApiRequest } from "./provider-http.ts";
import type { Random } from "./random.ts";
import { type Route, SimulatedService } from "./service.ts";
import { SIMULATED } from "./simulated-providers.ts";
import type { World } from "./world.ts";

type Json = Record<string, unknown>;

const FILES = ["output", "error"] as const;

/** A provider with OpenAI's files. Paths are without `/v1`. */
export class OpenAIApi extends SimulatedService {
  /** Where batches are. */
  protected readonly path: string = "/batches";
  protected readonly dialect: Dialect;
  readonly #tokensPerEstimate: number;

  constructor(provider: ProviderName, world: World, random: Random) {
    super(provider, world, random);
    this.dialect = random.pick(SIMULATED[provider].dialects ?? [OPENAI]);
    this.#tokensPerEstimate = random.pick([0.5, 0.8, 1, 1.3, 2]);
  }

  operation({ method, path: versioned }: Route): string {
    const path = versioned.replace(/^\/v1/, "");
    if (path === "/files") return "files.create";
    if (path.startsWith("/files/")) return method === "DELETE" ? "files.delete" : "files.content";
    if (path === this.path) return method === "POST" ? "batches.create" : "batches.list";
    if (!path.startsWith(this.path)) return "ask";
    return path.endsWith("/cancel") ? "batches.cancel" : "batches.retrieve";
  }

  answer(request: ApiRequest): ApiAnswer {
    const { path, key } = request;
    const operation = this.operation(request);
    const id =
      path
        .replace(/\/(content|cancel)$/, "")
        .split("/")
        .at(-1) ?? "";
    switch (operation) {
      case "files.create":
        return this.#upload(request);
      case "files.content": {
        const file = this.file(id, key);
        if (!file) return this.problem(404, "No such File object");
        const batch = this.batches.all.find(({ fields }) => Object.values(fields).includes(id));
        return { status: 200, file: this.asItIsNow(file, batch) };
      }
      case "files.delete":
        return this.file(id, key) && this.files.delete(id)
          ? ok({ id, deleted: true })
          : this.problem(404, "No such File object");
      case "batches.create":
        return this.#create(JSON.parse(request.body.toString("utf8")), key);
      case "batches.list":
        return ok(this.list(request, this.batches.listed(key)));
      case "ask":
        return this.ask(request);
      default:
        return this.#batch(id, operation, key);
    }
  }

  #upload(request: ApiRequest): ApiAnswer {
    const text = request.body.toString("latin1");
    const seconds = Number(/name="expires_after\[seconds\]"\r\n\r\n(\d+)/.exec(text)?.[1] ?? Number.NaN);
    const { fileExpiry } = this.dialect;
    if (!fileExpiry && !Number.isNaN(seconds)) return this.problem(400, "expires_after: unknown");
    if (fileExpiry && (seconds < fileExpiry.min || seconds > fileExpiry.max))
      return this.problem(400, "expires_after: out of range");
    const id = this.addFile(uploadedFile(request), request.key);
    // What has no expiry is lost with the answer to its upload: nobody could delete it.
    this.passing.add(id);
    return ok({ id, object: "file", purpose: "batch" });
  }

  #create(params: Json, key: string): ApiAnswer {
    const fileId = this.inputOf(params);
    const file = this.file(fileId, key);
    if (!file) return this.problem(404, `No such File object: ${fileId}`);
    const requests = requestsIn(this.protocol, file.toString("utf8").trimEnd().split("\n"));
    if (this.batches.fates.refusedIn(requests.map(({ message }) => message)) >= 0)
      return this.problem(400, "the batch could not be created");
    // From now on it is the client who must delete it.
    this.passing.delete(fileId);
    const { keepsMetadata } = this.dialect;
    const metadata = Object.entries((params.metadata ?? {}) as Json).filter(([name]) =>
      keepsMetadata?.(name),
    );
    // The provider counts tokens in its own way: a client's estimate is off by some factor.
    const tokens = Math.ceil((file.length / 4) * this.#tokensPerEstimate);
    const fields = { ...params, metadata: keepsMetadata ? Object.fromEntries(metadata) : null };
    const batch = this.shown(this.batches.create(this.next("batch_"), key, requests, fields, tokens));
    return ok(this.dialect.created?.(batch) ?? batch);
  }

  #batch(id: string, operation: string, key: string): ApiAnswer {
    const batch = this.batches.get(id, key);
    if (!batch) return this.problem(404, `No batch found with id '${id}'.`);
    if (operation === "batches.cancel" && !this.batches.cancel(batch))
      return this.problem(409, `Cannot cancel a batch with status '${batch.state}'.`);
    return ok(this.shown(batch));
  }

  protected inputOf(params: Json): string {
    return String(params.input_file_id);
  }

  protected list({ query }: ApiRequest, all: SimulatedBatch[]): unknown {
    const { pages, listed } = this.dialect;
    const start = query.has("after") ? all.findIndex((batch) => batch.id === query.get("after")) + 1 : 0;
    const { page, more } = pages ? this.page(all, start) : { page: all, more: false };
    const data = page.map((batch) => this.shown(batch));
    return listed?.(data) ?? { object: "list", data, has_more: more };
  }

  protected render(view: BatchView): unknown {
    return this.dialect.batch({ ...batchBody(view), usage: null });
  }

  protected shown(batch: SimulatedBatch): unknown {
    const { now } = this.world.time;
    const { earlyOutput } = this.dialect;
    const runs = batch.ended === null && batch.state !== "validating";
    if (earlyOutput && runs) batch.fields.output_file_id ??= this.addFile(Buffer.alloc(0), batch.key);
    // Where results stream into a file from the start, none comes late.
    const hidden = now < batch.filesAt && !earlyOutput ? FILES : [];
    const files = Object.fromEntries(hidden.map((name) => [this.fileField(name), null]));
    return this.render(viewOf({ ...batch, fields: { ...batch.fields, ...files } }, now));
  }

  protected fileField(name: "output" | "error"): string {
    return `${name}_file_id`;
  }

  protected override hasErrorFile(batch: SimulatedBatch): boolean {
    return this.dialect.emptyErrorFile === true && batch.state === "completed";
  }

  protected keep(batch: SimulatedBatch, name: "output" | "error", file: Buffer): void {
    const field = this.fileField(name);
    const early = batch.fields[field];
    const id = typeof early === "string" ? early : this.addFile(file, batch.key);
    this.files.set(id, file);
    batch.fields[field] = id;
    // Nobody waits for a late file of an ended batch that ran nothing: where the create could ask for it, the provider drops it.
    if (batch.filesAt > 0 && batch.items.every(({ outcome }) => outcome === "unrun")) this.passing.add(id);
  }
}

/** Mistral's jobs: files and result lines are OpenAI's. */
export class MistralApi extends OpenAIApi {
  protected override readonly path = "/batch/jobs";

  protected override inputOf({ input_files }: Json): string {
    return String((input_files as string[])[0]);
  }

  protected override list({ query }: ApiRequest, all: SimulatedBatch[]): unknown {
    const [page, size] = [Number(query.get("page")), Number(query.get("page_size"))];
    const after = Date.parse(query.get("created_after") ?? "");
    const found = all.filter(({ created }) => created > after);
    const data = found.slice(page * size, (page + 1) * size).map((batch) => this.shown(batch));
    return { object: "list", data, total: found.length };
  }

  protected override render(view: BatchView): unknown {
    return jobBody(view);
  }

  protected override fileField(name: "output" | "error"): string {
    return `${name}_file`;
  }
}

function ok(json: unknown): ApiAnswer {
  return { status: 200, json };
}

/** The file in a multipart form: the last part of it. */
function uploadedFile({ headers, body }: ApiRequest): Buffer {
  const boundary = /boundary=(.*)$/.exec(headers.get("content-type") ?? "")?.[1];
  if (Number(headers.get("content-length")) !== body.length)
    throw new Error("content-length is not the body's length");
  const start = body.lastIndexOf("\r\n\r\n") + 4;
  return body.subarray(start, body.lastIndexOf(`\r\n--${boundary}--`));
}
