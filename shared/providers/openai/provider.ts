import { ProviderAuthError } from "../../errors.ts";
import { memberOf } from "../../json/source.ts";
import { isObject, objectAt, textAt } from "../../json/values.ts";
import { hasEnded } from "../../models.ts";
import { type Access, keyOf } from "../access.ts";
import type { ProviderProfile } from "../profile.ts";
import {
  type BatchQuery,
  type BatchSubmission,
  type EndedBatch,
  firstPlace,
  type ItemOutcome,
  type NowRequest,
  type OnHeaders,
  type Provider,
  type ProviderBatch,
} from "../provider.ts";
import { answerNow } from "../wire/answer-now.ts";
import { BaseProvider } from "../wire/base-provider.ts";
import { CLOCK_MARGIN, isBefore } from "../wire/batch-words.ts";
import { calling } from "../wire/call-errors.ts";
import { StatusError } from "../wire/http.ts";
import { ONCE, postJson } from "../wire/rest.ts";
import { headersIn, RestClient } from "../wire/rest-client.ts";
import { resultLines } from "../wire/result-lines.ts";
import { openaiOutcome } from "./answers.ts";
import { filesOf, toProviderBatch } from "./batch.ts";
import { type BatchCalls, openaiCalls } from "./calls.ts";
import { tokenRefusal } from "./failure.ts";
import { multipartUpload } from "./upload-body.ts";

/** OpenAI's Batch API, at OpenAI or at another service that speaks it. */
export function openaiProvider(access: Access, profile: ProviderProfile): Provider {
  return new FileBatchProvider(access, profile, openaiCalls);
}

/** An API that takes a file of requests and gives files of results, as OpenAI's does. */
export class FileBatchProvider extends BaseProvider implements Provider {
  readonly findsByMark = true;
  readonly #client: RestClient;
  readonly #calls: BatchCalls;

  constructor(access: Access, profile: ProviderProfile, calls: BatchCalls) {
    super(access, profile);
    this.#calls = calls;
    const { OPENAI_ORG_ID, OPENAI_PROJECT_ID } = process.env;
    this.#client = new RestClient(access.base_url, {
      authorization: `Bearer ${keyOf(access)}`,
      ...(OPENAI_ORG_ID && { "openai-organization": OPENAI_ORG_ID }),
      ...(OPENAI_PROJECT_ID && { "openai-project": OPENAI_PROJECT_ID }),
      ...headersIn("OPENAI_CUSTOM_HEADERS"),
    });
  }

  async submitBatch(submission: BatchSubmission): Promise<ProviderBatch> {
    const fileId = await this.#upload(submission);
    return this.createdFrom(fileId, submission, () => this.#create(submission, fileId));
  }

  async #upload({ open, bytes, mark }: BatchSubmission): Promise<string> {
    const source = await open();
    const form = multipartUpload(source, bytes, `${mark.tag}.jsonl`, this.profile.quirks?.upload_lifetime);
    const file = await this.calling("uploading the request file", "other", () =>
      this.#client.json("/files", {
        ...ONCE,
        body: form.stream,
        headers: { "content-type": form.type, "content-length": String(form.length) },
      }),
    ).finally(() => source.destroy());
    const id = isObject(file) ? textAt(file, "id") : null;
    if (id === null)
      throw new ProviderAuthError(
        `what answers at ${this.access.base_url} is not ${this.profile.title}'s API: an upload got no file id`,
      );
    return id;
  }

  async #create({ mark, spec }: BatchSubmission, fileId: string): Promise<ProviderBatch> {
    const submitted = { mark, spec, profile: this.profile };
    const call = this.call("creating a batch", "create");
    const answer = await calling(call, () => this.#calls.create(this.#client, submitted, fileId));
    return this.created(answer, call, (batch) => this.#batchFrom(batch));
  }

  async pollStatus(id: string): Promise<ProviderBatch> {
    const read = () => this.#calls.read(this.#client, id);
    return this.#batchFrom(await this.calling(`reading batch ${id}`, "read", read));
  }

  /** Output file, then error file; either may be missing: a batch that failed its validation has none. */
  async *getResults(batch: EndedBatch, place = firstPlace()): AsyncGenerator<Iterable<ItemOutcome>> {
    const raw = isObject(batch.raw) ? batch.raw : (await this.pollStatus(batch.id)).raw;
    const { output, error } = filesOf(raw);
    for (const [number, id] of [output, error].entries()) {
      if (id === null || number < place.file) continue;
      const file = {
        number,
        call: this.call(`downloading file ${id}`, "read"),
        open: (headers: Record<string, string>) =>
          this.#client.send(`/files/${encodeURIComponent(id)}/content`, {
            headers: { accept: "application/binary", ...headers },
            follow: true,
          }),
      };
      yield* resultLines(file, openaiOutcome, place);
    }
  }

  async answerNow(
    { endpoint, custom_id, body, model }: NowRequest,
    signal: AbortSignal,
    onHeaders?: OnHeaders,
  ): Promise<ItemOutcome> {
    const hasModel = this.profile.protocol !== "mistral";
    // The address has the version already.
    const target = this.#client.target(endpoint.replace(/^\/v1/, ""));
    return answerNow({
      call: this.call("asking in real time", "ask"),
      onHeaders,
      send: () => postJson(target, hasModel ? body : withModel(body, model), signal),
      lineOf: (answer) =>
        `{"custom_id":${JSON.stringify(custom_id)},"real_time":true,"response":{"status_code":200,"body":${answer}}}`,
      outcomeOf: openaiOutcome,
    });
  }

  cancelBatch(id: string): Promise<ProviderBatch> {
    // A 409 says that it has ended: there is no reason to try again.
    const cancel = () => this.#calls.cancel(this.#client, id);
    return this.cancelled(id, async () =>
      this.#batchFrom(await this.calling(`cancelling batch ${id}`, "read", cancel)),
    );
  }

  /** A batch is the one with our marks; where a server dropped them, the one of the file uploaded for it. */
  async findBatch(query: BatchQuery): Promise<ProviderBatch[]> {
    const { mark, created_after, upload_id } = query;
    return await this.calling("listing batches", "other", async () => {
      const found: ProviderBatch[] = [];
      for await (const page of this.#calls.list(this.#client, query)) {
        for (const answer of page) {
          const batch = this.#batchFrom(answer);
          if (isBefore(batch, created_after - CLOCK_MARGIN)) return found;
          const metadata = isObject(answer) ? objectAt(answer, "metadata") : {};
          const marked = metadata.nightshift_tag === mark.tag && metadata.nightshift_job === mark.job_id;
          if (marked || (upload_id && filesOf(batch.raw).input === upload_id)) found.push(batch);
        }
      }
      return found;
    });
  }

  override queueRefusal(batch: ProviderBatch): { limit: number | null } | null {
    return tokenRefusal(batch);
  }

  /**
   * A batch may be `completed` a while before its files are there. One that failed its validation has no files. One that was
   * cancelled or expired before anything ran may have none. It is not waited for, and a file that comes later expires by itself.
   */
  override unsettled({ status, raw, counts, request_count }: ProviderBatch): string | null {
    if (!hasEnded(status) || status === "failed") return null;
    const { output, error } = filesOf(raw);
    const { succeeded, failed } = counts;
    if (succeeded > 0 && !output) return "the provider's file of answers";
    if (!output && !error && (failed > 0 || status === "completed")) return "the provider's files of results";
    if (status === "completed" && succeeded + failed < request_count)
      return "the provider's counts to add up";
    return null;
  }

  override async deleteFiles(batch: EndedBatch): Promise<void> {
    const raw = isObject(batch.raw) ? batch.raw : (await this.pollStatus(batch.id)).raw;
    for (const id of Object.values(filesOf(raw))) if (id !== null) await this.deleteUpload(id);
  }

  override async deleteUpload(fileId: string): Promise<void> {
    await this.calling(`deleting file ${fileId}`, "other", () =>
      this.#client
        .json(`/files/${encodeURIComponent(fileId)}`, { method: "DELETE" })
        .catch((error: unknown) => {
          if (!(error instanceof StatusError) || error.status !== 404) throw error;
        }),
    );
  }

  checkAccess(): Promise<number | null> {
    return this.listed(this.#client, this.#calls.path);
  }

  #batchFrom(answer: unknown): ProviderBatch {
    return toProviderBatch(answer, this.profile.title);
  }
}

/** A body with the model in it, as its first member. */
function withModel(body: string, model: string): string {
  if (memberOf(body, "model")) return body;
  const rest = body.slice(body.indexOf("{") + 1);
  const separator = rest.trimStart().startsWith("}") ? "" : ",";
  return `{"model":${JSON.stringify(model)}${separator}${rest}`;
}
