import { hasEnded } from "../../models.ts";
import type { ProviderBatch } from "../provider.ts";
import { filesOf } from "./batch.ts";

/**
 * What an ended batch still lacks. A batch may be `completed` a while before its files are there, with `output_file_id`
 * null. Null: nothing is missing. One that failed its validation has no files. One that was cancelled or expired before
 * anything ran may have none: it is not waited for, and a file that comes later expires by itself.
 */
export function unsettled({ status, raw, counts, request_count }: ProviderBatch): string | null {
  if (!hasEnded(status) || status === "failed") return null;
  const { output, error } = filesOf(raw);
  const { succeeded, failed } = counts;
  if (succeeded > 0 && !output) return "the provider's file of answers";
  if (!output && !error && (failed > 0 || status === "completed")) return "the provider's files of results";
  if (status === "completed" && succeeded + failed < request_count) return "the provider's counts to add up";
  return null;
}
