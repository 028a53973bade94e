import { ProviderRejectedError } from "../../errors.ts";
import { countAt, isObject, listAt, objectAt, textAt } from "../../json/values.ts";
import { hasEnded } from "../../models.ts";
import { type Access, keyOf } from "../access.ts";
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
import type { AwsSigner } from "../wire/aws-signer.ts";
import { BaseProvider } from "../wire/base-provider.ts";
import { isBefore } from "../wire/batch-words.ts";
import { calling } from "../wire/call-errors.ts";
import { PAYLOAD_HASH, sha256Of } from "../wire/payload-hash.ts";
import { ONCE, postJson } from "../wire/rest.ts";
import { headersIn, RestClient } from "../wire/rest-client.ts";
import { resultLines } from "../wire/result-lines.ts";
import { anthropicOutcome } from "./answers.ts";
import { toProviderBatch } from "./batch.ts";

/** That of Anthropic's SDK, which a test holds it to. https://platform.claude.com/docs/en/api/versioning */
const VERSION = "2026-10-21";
const BATCHES = "/v1/messages/batches";
const pathOf = (id: string) => `${BATCHES}/${encodeURIComponent(id)}`;

/** How far Anthropic's clock may be behind ours, in seconds; `nightshift doctor` warns of more. */
const CLOCK_MARGIN = 120;

/** Anthropic's Message Batches. */
export function anthropicProvider(access: Access, profile: ProviderProfile): Provider {
  return new AnthropicProvider({ authorization: `Bearer ${keyOf(access)}` }, access, profile);
}

/**
 * Message batches, at Anthropic or where another service has them. A full queue is a 429 to the create. There are no files to
 * delete: results go by themselves after 29 days.
 */
export class AnthropicProvider extends BaseProvider implements Provider {
  readonly findsByMark = false;
  readonly #client: RestClient;
  readonly #signer: AwsSigner | undefined;

  /** @param signer signs the calls, where there is no key: a create then needs the hash of its body, which is read twice */
  constructor(headers: Record<string, string>, access: Access, profile: ProviderProfile, signer?: AwsSigner) {
    super(access, profile);
    const all = { "anthropic-version": VERSION, ...headers, ...headersIn("ANTHROPIC_CUSTOM_HEADERS") };
    this.#client = new RestClient(access.base_url, all, signer?.sign);
    this.#signer = signer;
  }

  async submitBatch({ open, bytes, spec, beforeCreate }: BatchSubmission): Promise<ProviderBatch> {
    const hash = this.#signer ? await sha256Of(await open()) : null;
    const source = await open();
    const body = uploadBody(source, bytes);
    const call = this.call("creating a batch", "create");
    let answer: unknown;
    try {
      await beforeCreate(null);
      const send = () =>
        this.#client.json(BATCHES, {
          body: body.stream,
          headers: {
            "content-type": "application/json",
            "content-length": String(body.length),
            ...(hash !== null && { [PAYLOAD_HASH]: hash }),
            ...(spec.betas?.length && { "anthropic-beta": spec.betas.join(",") }),
          },
          ...ONCE,
        });
      // A body that was not handed over whole cannot have become a batch.
      answer = await send().catch((error: unknown) => {
        return calling(body.complete() ? call : { ...call, kind: "other" }, () => Promise.reject(error));
      });
    } finally {
      source.destroy();
    }
    return this.created(answer, call, toProviderBatch);
  }

  async pollStatus(id: string): Promise<ProviderBatch> {
    const read = () => this.#client.json(pathOf(id));
    return toProviderBatch(await this.calling(`reading batch ${id}`, "read", read));
  }

  async *getResults(batch: EndedBatch, place = firstPlace()): AsyncGenerator<Iterable<ItemOutcome>> {
    if (isObject(batch.raw) && textAt(batch.raw, "archived_at") !== null) {
      throw new ProviderRejectedError(`Anthropic keeps results for 29 days; those of ${batch.id} are gone`);
    }
    const file = {
      number: 0,
      call: this.call(`reading the results of batch ${batch.id}`, "read"),
      open: (headers: Record<string, string>) =>
        this.#client.send(`${pathOf(batch.id)}/results`, {
          headers: { accept: "application/binary", ...headers },
          follow: true,
        }),
    };
    yield* resultLines(file, anthropicOutcome, place);
  }

  async answerNow(
    { custom_id, betas, body }: NowRequest,
    signal: AbortSignal,
    onHeaders?: OnHeaders,
  ): Promise<ItemOutcome> {
    const beta = betas && { "anthropic-beta": betas.join(",") };
    const target = this.#client.target("/v1/messages");
    const post = { ...target, headers: { ...target.headers, ...beta } };
    return answerNow({
      call: this.call("asking in real time", "ask"),
      onHeaders,
      send: async () => postJson((await this.#signer?.post(post, body)) ?? post, body, signal),
      lineOf: (message) =>
        `{"custom_id":${JSON.stringify(custom_id)},"real_time":true,"result":{"type":"succeeded","message":${message}}}`,
      outcomeOf: anthropicOutcome,
    });
  }

  cancelBatch(id: string): Promise<ProviderBatch> {
    // A rejection says that it has ended: there is no reason to try again.
    const cancel = () => this.#client.json(`${pathOf(id)}/cancel`, { method: "POST", retries: 0 });
    return this.cancelled(id, async () =>
      toProviderBatch(await this.calling(`cancelling batch ${id}`, "read", cancel)),
    );
  }

  /** Found by time and count only: Anthropic keeps no mark of ours on a batch. */
  async findBatch({ request_count, created_after }: BatchQuery): Promise<ProviderBatch[]> {
    return await this.calling("listing batches", "other", async () => {
      const found: ProviderBatch[] = [];
      for await (const batch of this.#list()) {
        const info = toProviderBatch(batch);
        if (isBefore(info, created_after - CLOCK_MARGIN)) break;
        if (info.request_count === request_count) found.push(info);
      }
      const distance = (batch: ProviderBatch) => Math.abs(batch.created_at - created_after);
      return found.sort((a, b) => distance(a) - distance(b));
    });
  }

  /** The address of its results, or the end of its last requests. */
  override unsettled({ status, raw }: ProviderBatch): string | null {
    if (!hasEnded(status) || !isObject(raw)) return null;
    if (!textAt(raw, "results_url")) return "the provider's results";
    const processing = countAt(objectAt(raw, "request_counts"), "processing") ?? 0;
    return processing > 0 ? "the provider's counts to add up" : null;
  }

  checkAccess(): Promise<number | null> {
    return this.listed(this.#client, BATCHES);
  }

  /** The newest first. */
  async *#list(): AsyncGenerator<unknown> {
    for (let after: string | null = null; ; ) {
      const page = await this.#client.json(BATCHES, {
        query: { limit: 100, ...(after && { after_id: after }) },
      });
      if (!isObject(page)) return;
      const batches = listAt(page, "data");
      yield* batches;
      const last = textAt(page, "last_id");
      if (page.has_more === false || batches.length === 0 || last === null || last === after) return;
      after = last;
    }
  }
}
