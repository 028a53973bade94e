import { ProviderRejectedError, ProviderUnavailableError } from "../../errors.ts";
import type { Access } from "../access.ts";
import type { ProviderProfile } from "../profile.ts";
import type { BatchSubmission, EndedBatch, ProviderBatch } from "../provider.ts";
import { type Call, calling, notABatch, requireList } from "./call-errors.ts";
import { CHECK, clockOf, jsonOf } from "./rest.ts";
import type { RestClient } from "./rest-client.ts";

/** What all providers have: whom they call, how their errors are named, and nothing to clean up or wait for. */
export abstract class BaseProvider {
  readonly limitsQueuedTokens: boolean;
  protected readonly access: Access;
  protected readonly profile: ProviderProfile;

  constructor(access: Access, profile: ProviderProfile) {
    this.access = access;
    this.profile = profile;
    this.limitsQueuedTokens = profile.limits_queued_tokens ?? false;
  }

  queueRefusal(_batch: ProviderBatch): { limit: number | null } | null {
    return null;
  }

  unsettled(_batch: ProviderBatch): string | null {
    return null;
  }

  async deleteFiles(_batch: EndedBatch): Promise<void> {}

  async deleteUpload(_id: string): Promise<void> {}

  abstract pollStatus(id: string): Promise<ProviderBatch>;

  /** Makes the batch of an uploaded file. Where there surely is none, the file goes: it would only fill the account's quota. */
  protected async createdFrom(
    fileId: string,
    { beforeCreate }: BatchSubmission,
    create: () => Promise<ProviderBatch>,
  ): Promise<ProviderBatch> {
    try {
      await beforeCreate(fileId);
      return await create();
    } catch (error) {
      const ambiguous = error instanceof ProviderUnavailableError && error.ambiguous;
      if (!ambiguous) await this.deleteUpload(fileId).catch(() => undefined);
      throw error;
    }
  }

  /** The batch that a create answers with, as `read` has it. @throws as `notABatch` says */
  protected created<T>(answer: T, call: Call, read: (answer: T) => ProviderBatch): ProviderBatch {
    try {
      return read(answer);
    } catch (cause) {
      throw notABatch(answer, call, cause);
    }
  }

  /**
   * What a batch is after a cancel, whatever became of that: the caller asks for it again at its next poll.
   * @param ask gives the batch where the answer holds it
   */
  protected async cancelled(
    id: string,
    ask: () => Promise<ProviderBatch | undefined>,
  ): Promise<ProviderBatch> {
    try {
      const batch = await ask();
      if (batch) return batch;
    } catch (error) {
      if (!(error instanceof ProviderRejectedError || error instanceof ProviderUnavailableError)) throw error;
    }
    return this.pollStatus(id);
  }

  /** The answer to `checkAccess` of an API that lists its batches at a path. */
  protected listed(client: RestClient, path: string): Promise<number | null> {
    return this.calling("listing batches", "other", async () => {
      const answer = await client.send(path, CHECK);
      requireList(await jsonOf(answer), this.access.base_url);
      return clockOf(answer.headers);
    });
  }

  protected calling<T>(what: string, kind: Call["kind"], run: () => Promise<T>): Promise<T> {
    return calling(this.call(what, kind), run);
  }

  protected call(what: string, kind: Call["kind"]): Call {
    return { provider: this.profile.title, access: this.access, what, kind };
  }
}
