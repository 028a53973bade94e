/** The providers' limits that the sandbox holds clients to; tests lower them. See `provider-facts`: the documented ones. */
export interface SandboxLimits {
  /** Requests in one file. */
  openai_requests: number;
  /** Inputs in one file of embeddings requests. */
  openai_embedding_inputs: number;
  /** Bytes of one uploaded file. */
  openai_file_bytes: number;
  /** Batches created within an hour. */
  openai_batches_per_hour: number;
  /** Prompt tokens of a model's batches that have not ended; null for no limit. It depends on the account. */
  openai_enqueued_tokens: number | null;
  /** Requests in one batch. */
  anthropic_requests: number;
  /** Bytes of one create's body. */
  anthropic_body_bytes: number;
  /** Requests in batches that have not ended; null for no limit. It depends on the account. */
  anthropic_queued_requests: number | null;
  /** Bedrock: fewest and most records of a job, and bytes of its file. They depend on the model. */
  bedrock_records_min: number;
  bedrock_records: number;
  bedrock_file_bytes: number;
  /** Bedrock: jobs of a model that have not ended; null for no limit. */
  bedrock_open_jobs: number | null;
  /** Calls in real time: requests and tokens a minute at each provider. They depend on the account. */
  requests_per_minute: number;
  tokens_per_minute: number;
  /** Calls in real time at once at each provider; null for no limit. */
  concurrent_requests: number | null;
}

/** What the documentation says, November 2026. */
export const DOCUMENTED_LIMITS: Readonly<SandboxLimits> = {
  openai_requests: 50_000,
  openai_embedding_inputs: 50_000,
  openai_file_bytes: 200 * 1024 * 1024,
  openai_batches_per_hour: 2_000,
  openai_enqueued_tokens: null,
  anthropic_requests: 100_000,
  anthropic_body_bytes: 256 * 1024 * 1024,
  anthropic_queued_requests: null,
  bedrock_records_min: 100,
  bedrock_records: 50_000,
  bedrock_file_bytes: 1024 ** 3,
  bedrock_open_jobs: null,
  // OpenAI's highest tier for small models; Anthropic's depends on the contract.
  requests_per_minute: 30_000,
  tokens_per_minute: 150_000_000,
  concurrent_requests: null,
};
