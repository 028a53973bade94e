import OpenAI from "openai";
import { ProviderUnavailableError } from "../../errors.ts";
import { hasEnded } from "../../models.ts";
import type { Access } from "../access.ts";
import type { ProviderProfile } from "../profile.ts";
import {
  type BatchQuery,
  type BatchSubmission,
  type EndedBatch,
  firstPlace,
  type ItemOutcome,
  type Provider,
  type ProviderBatch,
} from "../provider.ts";
import { isBefore } from "../wire/batch-age.ts";
import { isObject, objectAt, textAt } from "../wire/json.ts";
import { resultLines } from "../wire/result-lines.ts";
import { CHECK_OPTIONS, CLIENT_OPTIONS, clockOf, SUBMIT_TIMEOUT } from "../wire/sdk-client.ts";
import { type Call, calling, requireList } from "../wire/sdk-errors.ts";
import { openaiOutcome } from "./answers.ts";
import { tokenRefusal, toProviderBatch } from "./batch.ts";
import { multipartUpload } from "./upload-body.ts";

/** How far the provider's clock may be behind ours, in seconds. */
const CLOCK_MARGIN = 300;

/** OpenAI's Batch API through its SDK, at OpenAI or at another service that speaks it. */
export function openaiProvider(access: Access, profile: ProviderProfile): Provider {
  return new OpenAIProvider(access, profile);
}

class OpenAIProvider implements Provider {
  readonly findsByMark = true;
  readonly limitsQueuedTokens: boolean;
  readonly #client: OpenAI;
  readonly #access: Access;
  readonly #profile: ProviderProfile;

  constructor(access: Access, profile: ProviderProfile) {
    this.#access = access;
    this.#profile = profile;
    this.limitsQueuedTokens = profile.limits_queued_tokens;
    this.#client = new OpenAI({ ...CLIENT_OPTIONS, baseURL: access.base_url, apiKey: access.api_key.key });
  }

  async submitBatch(submission: BatchSubmission): Promise<ProviderBatch> {
    const fileId = await this.#upload(submission);
    try {
      await submission.beforeCreate(fileId);
      return await this.#create(submission, fileId);
    } catch (error) {
      const ambiguous = error instanceof ProviderUnavailableError && error.ambiguous;
      // Surely no batch has the file: it would only fill the project's quota.
      if (!ambiguous) await this.deleteUpload(fileId).catch(() => undefined);
      throw error;
    }
  }

  async #upload({ open, bytes, mark }: BatchSubmission): Promise<string> {
    const source = await open();
    const form = multipartUpload(source, bytes, `${mark.tag}.jsonl`, this.#profile.quirks.upload_lifetime);
    const file = await this.#calling("uploading the request file", "other", () =>
      this.#client.post("/files", {
        body: form.stream,
        headers: { "content-type": form.type, "content-length": String(form.length) },
        maxRetries: 0,
        timeout: SUBMIT_TIMEOUT,
      }),
    ).finally(() => source.destroy());
    const id = isObject(file) ? textAt(file, "id") : null;
    if (id === null)
      throw new ProviderUnavailableError(`${this.#profile.title}'s answer to an upload has no file id`);
    return id;
  }

  async #create({ mark, spec }: BatchSubmission, fileId: string): Promise<ProviderBatch> {
    const batch = await this.#calling("creating a batch", "create", () =>
      this.#client.batches.create(
        {
          input_file_id: fileId,
          endpoint: spec.endpoint,
          completion_window: "24h",
          metadata: {
            nightshift_job: mark.job_id,
            nightshift_batch: String(mark.batch),
            nightshift_round: String(mark.round),
            nightshift_tag: mark.tag,
          },
        },
        // The SDK would send it again after a 5xx or a lost connection: two batches, billed twice.
        { maxRetries: 0, timeout: SUBMIT_TIMEOUT },
      ),
    );
    try {
      return toProviderBatch(batch);
    } catch (cause) {
      throw new ProviderUnavailableError(`${this.#profile.title}'s answer to a create is not a batch`, {
        cause,
        ambiguous: true,
      });
    }
  }

  async pollStatus(id: string): Promise<ProviderBatch> {
    return toProviderBatch(
      await this.#calling(`reading batch ${id}`, "read", () => this.#client.batches.retrieve(id)),
    );
  }

  /** Output file, then error file; either may be missing: a batch that failed its validation has none. */
  async *getResults(batch: EndedBatch, place = firstPlace()): AsyncGenerator<ItemOutcome> {
    const raw = isObject(batch.raw) ? batch.raw : (await this.pollStatus(batch.id)).raw;
    const ids = ["output_file_id", "error_file_id"].map((key) => (isObject(raw) ? textAt(raw, key) : null));
    for (const [number, id] of ids.entries()) {
      if (id === null || number < place.file) continue;
      const file = {
        number,
        call: this.#call(`downloading file ${id}`, "read"),
        // A download has no body to tee, and may be redirected to where the file is.
        open: (headers: Record<string, string>) =>
          this.#client.files.content(id, { headers, fetchOptions: { redirect: "follow" } }),
      };
      yield* resultLines(file, openaiOutcome, place);
    }
  }

  async cancelBatch(id: string): Promise<ProviderBatch> {
    try {
      // A 409 tells that it has ended: no reason to ask again.
      const call = () => this.#client.batches.cancel(id, { maxRetries: 0 });
      return toProviderBatch(await this.#calling(`cancelling batch ${id}`, "read", call));
    } catch (error) {
      const batch = await this.pollStatus(id);
      if (hasEnded(batch.status) || batch.status === "cancelling") return batch;
      throw error;
    }
  }

  async findBatch({ mark, created_after }: BatchQuery): Promise<ProviderBatch[]> {
    return await this.#calling("listing batches", "read", async () => {
      const found: ProviderBatch[] = [];
      for await (const batch of this.#client.batches.list({ limit: 100 })) {
        const info = toProviderBatch(batch);
        if (isBefore(info, created_after - CLOCK_MARGIN)) break;
        const metadata = objectAt({ ...batch }, "metadata");
        if (metadata.nightshift_tag === mark.tag && metadata.nightshift_job === mark.job_id) found.push(info);
      }
      return found;
    });
  }

  queueRefusal(batch: ProviderBatch): { limit: number | null } | null {
    return tokenRefusal(batch);
  }

  async deleteFiles(batch: EndedBatch): Promise<void> {
    const raw = isObject(batch.raw) ? batch.raw : (await this.pollStatus(batch.id)).raw;
    for (const key of ["input_file_id", "output_file_id", "error_file_id"]) {
      const fileId = isObject(raw) ? textAt(raw, key) : null;
      if (fileId !== null) await this.deleteUpload(fileId);
    }
  }

  async deleteUpload(fileId: string): Promise<void> {
    await this.#calling(`deleting file ${fileId}`, "other", () =>
      this.#client.files.delete(fileId).catch((error: unknown) => {
        if (!(error instanceof OpenAI.NotFoundError)) throw error;
      }),
    );
  }

  async checkAccess(): Promise<number | null> {
    const list = () => this.#client.get("/batches", CHECK_OPTIONS).withResponse();
    const { data, response } = await this.#calling("listing batches", "other", list);
    requireList(data, this.#access.base_url);
    return clockOf(response.headers);
  }

  #calling<T>(what: string, kind: Call["kind"], run: () => Promise<T>): Promise<T> {
    return calling(this.#call(what, kind), run);
  }

  #call(what: string, kind: Call["kind"]): Call {
    return { provider: this.#profile.title, access: this.#access, what, kind };
  }
}
