/** Gemini's files and batches, as far as Nightshift uses them. */
import { operationBody } from "../../local/sandbox/gemini/batch-body.ts";
import { viewOf } from "./batch-view.ts";
import { requestsIn } from "./forms.ts";
import type { SimulatedBatch } from "./provider-batches.ts";
import type { ApiAnswer, ApiRequest } from "./provider-http.ts";
import { type Route, SimulatedService } from "./service.ts";

/** Every file goes after 48 hours, in ms. */
const FILE_LIFETIME = 48 * 3_600_000;
/** gRPC's code of a fault on the provider's side. */
const INTERNAL = 13;

interface Create {
  batch: { displayName: string; inputConfig: { fileName: string } };
}

/** The simulated Gemini. */
export class GeminiApi extends SimulatedService {
  /** Uploads that were announced, and whose. */
  readonly #sessions = new Map<string, string>();
  readonly #made = new Map<string, number>();

  operation({ method, path }: Route): string {
    if (path === "/upload/v1beta/files") return "files.create";
    if (path.startsWith("/upload/")) return "files.upload";
    if (path.startsWith("/download/")) return "files.content";
    if (path.startsWith("/v1beta/files/")) return "files.delete";
    if (path.endsWith(":batchGenerateContent")) return "batches.create";
    if (path.endsWith(":generateContent")) return "ask";
    if (path === "/v1beta/batches") return "batches.list";
    return method === "POST" ? "batches.cancel" : "batches.retrieve";
  }

  answer(request: ApiRequest): ApiAnswer {
    const { path, key, body } = request;
    const id = path.split("/").at(-1)?.split(":")[0] ?? "";
    switch (this.operation(request)) {
      case "files.create": {
        const session = this.next("session-");
        this.#sessions.set(session, key);
        const headers = { "x-goog-upload-url": `http://${this.provider}/upload/v1beta/sessions/${session}` };
        return { status: 200, json: {}, headers };
      }
      case "files.upload":
        return this.#upload(request, id);
      case "files.content": {
        const batch = this.batches.all.find(({ fields }) => fields.responses_file === id);
        const had = this.files.has(id);
        const file = this.#fileNow(id, key);
        if (had && !file) this.#lose(batch);
        if (!file) return this.problem(403, "you may not, or there is no such file");
        return { status: 200, file: this.asItIsNow(file, batch) };
      }
      case "files.delete":
        return this.#fileNow(id, key) && this.files.delete(id)
          ? { status: 200, json: {} }
          : this.problem(403, "you may not, or there is no such file");
      case "batches.create":
        return this.#create(JSON.parse(body.toString("utf8")), id, key);
      case "ask":
        return this.ask(request);
      case "batches.list":
        return this.#list(request);
      default: {
        const batch = this.batches.get(`batches/${id}`, key);
        if (!batch) return this.problem(404, "Requested entity was not found.");
        if (!path.endsWith(":cancel")) return { status: 200, json: this.#shown(batch) };
        this.batches.cancel(batch);
        return { status: 200, json: {} };
      }
    }
  }

  #upload({ headers, body }: ApiRequest, session: string): ApiAnswer {
    const key = this.#sessions.get(session);
    if (key === undefined) return this.problem(404, "no such upload");
    if (Number(headers.get("content-length")) !== body.length)
      throw new Error("content-length is not the body's length");
    this.#sessions.delete(session);
    const id = this.#newFile(body, key);
    this.passing.add(id);
    return { status: 200, json: { file: { name: `files/${id}` } } };
  }

  #newFile(bytes: Buffer, key: string): string {
    const id = this.addFile(bytes, key);
    this.#made.set(id, this.world.time.now);
    return id;
  }

  #fileNow(id: string, key: string): Buffer | undefined {
    const gone = this.world.time.now > (this.#made.get(id) ?? 0) + FILE_LIFETIME;
    if (gone) this.files.delete(id);
    return this.file(id, key);
  }

  /** Nobody has, or will ever have, the answers in a file that went by itself before it was read: one is deleted after. */
  #lose(batch: SimulatedBatch | undefined): void {
    for (const { message } of batch?.items ?? [])
      for (const item of this.batches.fates.history.get(message) ?? [])
        if (item.batch === batch?.id) item.delivered = false;
  }

  #create({ batch: { displayName, inputConfig } }: Create, model: string, key: string): ApiAnswer {
    const input_file = inputConfig.fileName.replace("files/", "");
    const file = this.#fileNow(input_file, key);
    if (!file) return this.problem(404, `File ${input_file} was not found.`);
    const requests = requestsIn(this.protocol, file.toString("utf8").trimEnd().split("\n"));
    if (this.batches.fates.refusedIn(requests.map(({ message }) => message)) >= 0)
      return this.problem(400, "the batch could not be created");
    this.passing.delete(input_file);
    const fields = { model, display_name: displayName, input_file };
    return {
      status: 200,
      json: this.#shown(this.batches.create(this.next("batches/"), key, requests, fields)),
    };
  }

  #list({ query, key }: ApiRequest): ApiAnswer {
    const start = Number(query.get("pageToken") ?? 0);
    const { page, more } = this.page(this.batches.listed(key), start);
    const operations = page.map((batch) => this.#shown(batch));
    const next = more && { nextPageToken: String(start + page.length) };
    return { status: 200, json: { operations, ...next } };
  }

  #shown(batch: SimulatedBatch): unknown {
    const { now } = this.world.time;
    const body = operationBody(viewOf({ ...batch, id: batch.id.replace("batches/", "") }, now));
    const { error, response, metadata, ...rest } = body;
    const late = now < batch.filesAt;
    const code = batch.state === "failed" ? INTERNAL : error?.code;
    return {
      ...rest,
      metadata: late ? { ...metadata, output: undefined } : metadata,
      ...(response && !late && { response }),
      ...(error && { error: { ...error, code } }),
    };
  }

  protected keep(batch: SimulatedBatch, _name: string, file: Buffer): void {
    batch.fields.responses_file = this.#newFile(file, batch.key);
  }
}
