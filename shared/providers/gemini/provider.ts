import { Readable } from "node:stream";
import { unixNow } from "../../clock.ts";
import { ProviderAuthError, ProviderRejectedError, ProviderUnavailableError } from "../../errors.ts";
import { isObject, jsonOr, listAt, objectAt, textAt } from "../../json/values.ts";
import type { Access } from "../access.ts";
import { uploadBody } from "../openai/upload-body.ts";
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
import { CLOCK_MARGIN, isBefore, secondsAt } from "../wire/batch-words.ts";
import { calling } from "../wire/call-errors.ts";
import { readAll } from "../wire/http.ts";
import { clockOf, postJson, rest, SUBMIT_TIMEOUT } from "../wire/rest.ts";
import { resultLines } from "../wire/result-lines.ts";
import { geminiOutcome } from "./answers.ts";
import { GeminiApi, pathOf, pathOfModel, shaping } from "./api.ts";
import { filesOf, toProviderBatch } from "./batch.ts";

/** Gemini's batch mode, by REST: its SDK drops counts and errors, and does not survive a connection that is cut. */
export function geminiProvider(access: Access, profile: ProviderProfile): Provider {
  return new GeminiProvider(access, profile);
}

class GeminiProvider extends BaseProvider implements Provider {
  readonly findsByMark = true;
  readonly #api = new GeminiApi(this.access);

  async submitBatch(submission: BatchSubmission): Promise<ProviderBatch> {
    const { mark, spec, request_count } = submission;
    const fileName = await this.#upload(submission);
    const action = spec.endpoint === "/v1/embeddings" ? "asyncBatchEmbedContent" : "batchGenerateContent";
    const body = { batch: { displayName: nameOf(mark.tag), inputConfig: { fileName } } };
    const request = { body: JSON.stringify(body), timeout: SUBMIT_TIMEOUT };
    const path = pathOfModel(spec.model, action);
    const call = this.call("creating a batch", "create");
    return this.createdFrom(fileName, submission, async () => {
      const answer = await this.#api.json(call, path, request);
      return this.created(answer, call, (batch) => ({ ...toProviderBatch(batch), request_count }));
    });
  }

  /** Resumable upload: one call gives an address, which takes the bytes without a key. */
  async #upload({ open, bytes, mark }: BatchSubmission): Promise<string> {
    const call = this.call("uploading the request file", "other");
    const start = await this.#api.send(call, "/upload/v1beta/files", {
      body: JSON.stringify({ file: { displayName: nameOf(mark.tag) } }),
      headers: {
        "x-goog-upload-protocol": "resumable",
        "x-goog-upload-command": "start",
        "x-goog-upload-header-content-length": String(bytes),
        "x-goog-upload-header-content-type": "application/jsonl",
      },
    });
    start.body.destroy();
    const address = start.headers.get("x-goog-upload-url");
    if (!address) {
      throw new ProviderAuthError(
        `what answers at ${this.#api.root} is not Gemini's API: an upload got no address`,
      );
    }
    const source = await open();
    const body = uploadBody(source, bytes);
    const headers = {
      "content-length": String(body.length),
      "x-goog-upload-offset": "0",
      "x-goog-upload-command": "upload, finalize",
    };
    const sent = { method: "POST", body: body.stream, headers, timeout: SUBMIT_TIMEOUT };
    const answer = await calling(call, async () =>
      jsonOr(await readAll(await rest(address, sent)), null),
    ).finally(() => source.destroy());
    const name = isObject(answer) ? textAt(objectAt(answer, "file"), "name") : null;
    if (name === null) throw new ProviderUnavailableError("Gemini's answer to an upload has no file");
    return name;
  }

  async pollStatus(id: string): Promise<ProviderBatch> {
    return toProviderBatch(await this.#api.json(this.call(`reading ${id}`, "read"), pathOf(id)));
  }

  async *getResults(batch: EndedBatch, place = firstPlace()): AsyncGenerator<Iterable<ItemOutcome>> {
    const raw = isObject(batch.raw) ? batch.raw : (await this.pollStatus(batch.id)).raw;
    const { output } = filesOf(raw);
    if (output === null) return;
    const path = `/download${pathOf(output)}:download?alt=media`;
    const call = this.call(`downloading ${output}`, "read");
    const open = (range: Record<string, string>) => {
      const answer = this.#api.rest(path, { headers: range, follow: true, timeout: SUBMIT_TIMEOUT });
      // What nobody read in time is lost. Its items are found without a result, and asked again.
      const found = answer.catch(async (error: unknown) => {
        if (!isAbsent(error) || !isGone(raw)) throw error;
        await this.#requireReadable(batch.id);
        return { status: 200, headers: new Map(), body: Readable.from([]) };
      });
      return shaping(call, found);
    };
    yield* resultLines({ number: 0, call, open }, geminiOutcome, place);
  }

  /** A blocked key is refused as a file is that is gone (403). With such a key, the batch cannot be read either. */
  async #requireReadable(id: string): Promise<void> {
    const answer = this.#api.rest(pathOf(id));
    const response = await answer.catch((error: unknown) => {
      if (isObject(error) && error.status === 404) return null;
      throw error;
    });
    response?.body.destroy();
  }

  async answerNow(
    { endpoint, custom_id, body, model }: NowRequest,
    signal: AbortSignal,
    onHeaders?: OnHeaders,
  ): Promise<ItemOutcome> {
    const action = endpoint === "/v1/embeddings" ? "embedContent" : "generateContent";
    const url = new URL(this.#api.root + pathOfModel(model, action));
    const headers = this.#api.headers();
    const call = this.call("asking in real time", "ask");
    return answerNow({
      call,
      onHeaders,
      send: () => shaping(call, postJson({ url, headers }, body, signal)),
      lineOf: (response) => `{"key":${JSON.stringify(custom_id)},"real_time":true,"response":${response}}`,
      outcomeOf: geminiOutcome,
    });
  }

  cancelBatch(id: string): Promise<ProviderBatch> {
    const call = this.call(`cancelling ${id}`, "read");
    return this.cancelled(id, async () => {
      await this.#api.json(call, `${pathOf(id)}:cancel`, { method: "POST" });
      return undefined;
    });
  }

  /** Certain: the tag is the batch's name, and its file is known. */
  async findBatch({ mark, created_after, upload_id }: BatchQuery): Promise<ProviderBatch[]> {
    const found: ProviderBatch[] = [];
    for (let pageToken = ""; ; ) {
      const query = new URLSearchParams({ pageSize: "100", ...(pageToken && { pageToken }) });
      const page = await this.#api.json(this.call("listing batches", "other"), `/v1beta/batches?${query}`);
      const operations = isObject(page) ? listAt(page, "operations") : [];
      for (const operation of operations) {
        const batch = toProviderBatch(operation);
        if (isBefore(batch, created_after - CLOCK_MARGIN)) return found;
        const metadata = isObject(operation) ? objectAt(operation, "metadata") : {};
        const isOurs = textAt(metadata, "displayName") === nameOf(mark.tag);
        if (isOurs || (upload_id && filesOf(operation).input === upload_id)) found.push(batch);
      }
      const next = isObject(page) ? textAt(page, "nextPageToken") : null;
      if (next === null || next === pageToken) return found;
      pageToken = next;
    }
  }

  /** The name of the results may come a moment after the state. */
  override unsettled({ status, raw }: ProviderBatch): string | null {
    return status === "completed" && !filesOf(raw).output ? "the provider's file of results" : null;
  }

  override async deleteFiles({ raw }: EndedBatch): Promise<void> {
    for (const name of Object.values(filesOf(raw))) if (name !== null) await this.deleteUpload(name);
  }

  override async deleteUpload(name: string): Promise<void> {
    const call = this.call(`deleting ${name}`, "read");
    const answer = this.#api.rest(pathOf(name), { method: "DELETE" });
    // Files go by themselves.
    const deleted = answer.catch((error: unknown) => (isAbsent(error) ? null : Promise.reject(error)));
    const response = await calling(call, () => shaping(call, deleted));
    response?.body.destroy();
  }

  async checkAccess(): Promise<number | null> {
    const call = this.call("listing batches", "other");
    const response = await this.#api.send(call, "/v1beta/batches?pageSize=1", { timeout: 10_000 });
    const page = jsonOr(await readAll(response), null);
    if (isObject(page)) return clockOf(response.headers);
    throw new ProviderRejectedError(`what answers at ${this.#api.root} is no provider's batch API`);
  }
}

/** Google keeps a file for 48 hours: https://ai.google.dev/gemini-api/docs/files. In seconds. */
const FILE_LIFETIME = 48 * 3600;

/** Whether Gemini says that a file is not there. It answers 403 for one that is gone. */
const isAbsent = (error: unknown): boolean =>
  isObject(error) && (error.status === 404 || error.status === 403);

/** Whether the results of a batch can be there no more. */
function isGone(raw: unknown): boolean {
  const ended = isObject(raw) ? secondsAt(objectAt(raw, "metadata"), "endTime") : undefined;
  return ended !== undefined && unixNow() - ended > FILE_LIFETIME;
}

const nameOf = (tag: string) => `nightshift-${tag}`;
