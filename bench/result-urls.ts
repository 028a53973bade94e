/** Where the sandbox keeps the results of a job's batches. */
import type { ProviderAddress } from "./services/provider.ts";

/** What either provider's API asks for. */
export const HEADERS = { authorization: "Bearer bench", "anthropic-version": "2023-06-01" };

interface OpenAIBatch {
  metadata: Record<string, string>;
  output_file_id: string | null;
  error_file_id: string | null;
}

/** URLs of all result files of a job; Anthropic's batches are not marked, so its last `count` are the job's. */
export async function resultUrls(
  at: ProviderAddress,
  provider: "openai" | "anthropic",
  job_id: string,
  count: number,
): Promise<string[]> {
  if (provider === "anthropic") {
    const batches = await list<{ results_url: string }>(`${at.anthropic}/v1/messages/batches?limit=${count}`);
    return batches.map((batch) => batch.results_url);
  }
  const batches = await list<OpenAIBatch>(`${at.openai}/batches?limit=100`);
  return batches
    .filter((batch) => batch.metadata.nightshift_job === job_id)
    .flatMap((batch) => [batch.output_file_id, batch.error_file_id])
    .filter((id) => id !== null && id !== undefined)
    .map((id) => `${at.openai}/files/${id}/content`);
}

async function list<Batch>(url: string): Promise<Batch[]> {
  const response = await fetch(url, { headers: HEADERS });
  return ((await response.json()) as { data: Batch[] }).data;
}
