/** Where the sandbox keeps the results of its batches. */
import type { ProviderAddress } from "./services/provider.ts";

/** What either provider's API asks for. */
export const HEADERS = { authorization: "Bearer bench", "anthropic-version": "2023-06-01" };

interface OpenAIBatch {
  output_file_id: string | null;
  error_file_id: string | null;
}

/** URLs of the result files of all batches, the oldest batch first. At most 100 batches. */
export async function resultUrls(at: ProviderAddress, provider: "openai" | "anthropic"): Promise<string[]> {
  if (provider === "anthropic") {
    const batches = await list<{ results_url: string }>(`${at.anthropic}/v1/messages/batches`);
    return batches.map((batch) => batch.results_url);
  }
  const batches = await list<OpenAIBatch>(`${at.openai}/batches`);
  const files = batches.flatMap((batch) => [batch.output_file_id, batch.error_file_id]);
  return files.filter((id) => id !== null).map((id) => `${at.openai}/files/${id}/content`);
}

async function list<Batch>(url: string): Promise<Batch[]> {
  const response = await fetch(`${url}?limit=100`, { headers: HEADERS });
  return ((await response.json()) as { data: Batch[] }).data.reverse();
}
