/** The calls about batches of OpenAI's API. Files are alike in all APIs that take them. */
import { isObject, type Json, listAt, textAt } from "../../json/values.ts";
import type { ProviderProfile } from "../profile.ts";
import type { BatchMark, BatchQuery, BatchSubmission } from "../provider.ts";
import { ONCE } from "../wire/rest.ts";
import type { RestClient } from "../wire/rest-client.ts";
import { endpointAt } from "./endpoint.ts";

/** How one API creates, reads, cancels and lists batches; answers are the API's own. */
export interface BatchCalls {
  create(client: RestClient, submission: Submitted, fileId: string): Promise<unknown>;
  read(client: RestClient, id: string): Promise<unknown>;
  cancel(client: RestClient, id: string): Promise<unknown>;
  /** The newest batches first; a page at a time. */
  list(client: RestClient, query: BatchQuery): AsyncIterable<unknown[]>;
  /** Where batches are listed. */
  path: string;
}

type Submitted = Pick<BatchSubmission, "mark" | "spec"> & { profile: ProviderProfile };

/** Our marks as the metadata of a batch. */
export function metadataOf({ job_id, batch, round, tag }: BatchMark): Record<string, string> {
  return {
    nightshift_job: job_id,
    nightshift_batch: String(batch),
    nightshift_round: String(round),
    nightshift_tag: tag,
  };
}

/** OpenAI's own calls. */
export const openaiCalls: BatchCalls = {
  path: "/batches",
  create(client, { mark, spec, profile }, fileId) {
    const { output_lifetime } = profile.quirks ?? {};
    const body = {
      input_file_id: fileId,
      endpoint: endpointAt(profile, spec.endpoint),
      completion_window: spec.completion_window ?? "24h",
      metadata: metadataOf(mark),
      ...(output_lifetime && { output_expires_after: { anchor: "created_at", seconds: output_lifetime } }),
    };
    return client.json("/batches", { body: JSON.stringify(body), ...ONCE });
  },
  read: (client, id) => client.json(`/batches/${encodeURIComponent(id)}`),
  cancel: (client, id) =>
    client.json(`/batches/${encodeURIComponent(id)}/cancel`, { method: "POST", retries: 0 }),
  async *list(client) {
    for (let after: string | undefined; ; ) {
      const page = await client.json("/batches", { query: { limit: 100, ...(after && { after }) } });
      const batches = pageOf(page);
      const last = batches.at(-1);
      const next = isObject(last) ? textAt(last, "id") : null;
      // A server that knows no paging gives the same page again.
      if (next === null || next === after) return;
      yield batches;
      // A server that leaves has_more out may have more: a batch that is not found would be sent, and paid, again.
      if (isObject(page) && page.has_more === false) return;
      after = next;
    }
  },
};

/** `{data: […]}`, or a bare list (Together). */
function pageOf(page: unknown): unknown[] {
  if (Array.isArray(page)) return page;
  return isObject(page) ? listAt(page as Json, "data") : [];
}
