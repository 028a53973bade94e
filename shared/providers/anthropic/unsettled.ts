import { hasEnded } from "../../models.ts";
import type { ProviderBatch } from "../provider.ts";
import { countAt, isObject, objectAt, textAt } from "../wire/json.ts";

/** What an ended batch still lacks: the address of its results, or the end of its last requests. Null: nothing. */
export function unsettled({ status, raw }: ProviderBatch): string | null {
  if (!hasEnded(status) || !isObject(raw)) return null;
  if (!textAt(raw, "results_url")) return "the provider's results";
  const processing = countAt(objectAt(raw, "request_counts"), "processing") ?? 0;
  return processing > 0 ? "the provider's counts to add up" : null;
}
