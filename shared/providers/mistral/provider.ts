import { isObject, listAt } from "../../json/values.ts";
import type { Access } from "../access.ts";
import { type BatchCalls, metadataOf } from "../openai/calls.ts";
import { FileBatchProvider } from "../openai/provider.ts";
import { hoursOf, type ProviderProfile } from "../profile.ts";
import type { Provider } from "../provider.ts";
import { CLOCK_MARGIN } from "../wire/batch-words.ts";
import { ONCE } from "../wire/rest.ts";

/** Mistral's batch jobs. Files and result lines are OpenAI's, so its provider carries the calls. */
export function mistralProvider(access: Access, profile: ProviderProfile): Provider {
  return new FileBatchProvider(access, profile, mistralCalls);
}

const PATH = "/batch/jobs";
const PAGE = 100;

/** https://docs.mistral.ai/api/endpoint/batch */
const mistralCalls: BatchCalls = {
  path: PATH,
  create(client, { mark, spec }, fileId) {
    const body = {
      input_files: [fileId],
      endpoint: spec.endpoint,
      model: spec.model,
      metadata: metadataOf(mark),
      timeout_hours: spec.completion_window === undefined ? 24 : hoursOf(spec.completion_window),
    };
    return client.json(PATH, { body: JSON.stringify(body), ...ONCE });
  },
  read: (client, id) => client.json(`${PATH}/${encodeURIComponent(id)}`),
  cancel: (client, id) =>
    client.json(`${PATH}/${encodeURIComponent(id)}/cancel`, { method: "POST", retries: 0 }),
  async *list(client, { created_after }) {
    // The metadata filter is not used: its form on the wire is not documented.
    const after = new Date((created_after - CLOCK_MARGIN) * 1000).toISOString();
    for (let page = 0; page < 1000; page++) {
      const query = { page, page_size: PAGE, created_after: after, order_by: "-created" };
      const answer = await client.json(PATH, { query });
      const jobs = isObject(answer) ? listAt(answer, "data") : [];
      yield jobs;
      if (jobs.length < PAGE) return;
    }
  },
};
