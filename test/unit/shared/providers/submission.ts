import { Readable } from "node:stream";
import { vi } from "vitest";
import { JobSpec, type ProviderName } from "../../../../shared/models.ts";
import { PROFILES } from "../../../../shared/providers/list.ts";
import type { BatchSubmission, ItemOutcome, Provider } from "../../../../shared/providers/provider.ts";
import { providerOf } from "../../../../shared/providers/registry.ts";

/** A provider at an address. */
export function providerAt(provider: ProviderName, url: string, key = "sk-test-key"): Promise<Provider> {
  const { variables } = PROFILES[provider];
  vi.stubEnv(variables.url, url);
  if (variables.key) vi.stubEnv(variables.key, key);
  return providerOf({ provider });
}

/** A submission of `text`, which notes the uploaded file that `beforeCreate` was told of. */
export function submission(text: string, provider: "openai" | "anthropic") {
  const told: (string | null)[] = [];
  const made: BatchSubmission = {
    mark: { job_id: "job-1", batch: 2, round: 1, tag: "tag" },
    spec: JobSpec.parse({ provider, model: "m" }),
    open: async () => Readable.from([Buffer.from(text)]),
    bytes: Buffer.byteLength(text),
    request_count: 1,
    beforeCreate: async (id) => void told.push(id),
  };
  return { ...made, told };
}

/** Every outcome of a batch. */
export async function results(provider: Provider, raw: Record<string, unknown>): Promise<ItemOutcome[]> {
  const outcomes: ItemOutcome[] = [];
  for await (const some of provider.getResults({ id: String(raw.id), raw })) outcomes.push(...some);
  return outcomes;
}

/** What a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  try {
    await promise;
  } catch (error) {
    return error as Record<string, unknown> & Error;
  }
  throw new Error("did not fail");
}
