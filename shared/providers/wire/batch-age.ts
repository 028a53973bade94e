import type { ProviderBatch } from "../provider.ts";

/** Whether a batch was created before a time (Unix seconds); one that does not say when is not. */
export function isBefore({ created_at }: Pick<ProviderBatch, "created_at">, time: number): boolean {
  return created_at > 0 && created_at < time;
}
