import { keyVariables, OPENAI_ENDPOINTS, type ProviderProfile } from "../profile.ts";

/** OpenAI's Batch API. https://developers.openai.com/api/docs/guides/batch */
export const openaiProfile = {
  title: "OpenAI",
  id: "OpenAi",
  protocol: "openai",
  variables: keyVariables("OPENAI"),
  base_url: "https://api.openai.com/v1",
  pages: { keys: "https://platform.openai.com/api-keys", status: "https://status.openai.com" },
  // "50% cost discount", for input, cached input and output alike.
  price: { list: "openai", batch_share: 0.5 },
  // 50,000 requests, "200 MB" (read as the smaller, decimal one).
  limits: {
    max_requests: 50_000,
    max_bytes: 200_000_000,
    max_batches_per_hour: 2_000,
    longest_hours: 24,
    now_per_minute: 500,
  },
  window_hours: [24, 24],
  endpoints: OPENAI_ENDPOINTS,
  limits_queued_tokens: true,
  // A batch takes 24 hours at most. When the answer to an upload is lost, nobody knows the file's id: by default it
  // would stay for 30 days. https://developers.openai.com/api/reference/resources/files/methods/create
  // Results that could not be deleted would stay for 30 days.
  quirks: { upload_lifetime: 48 * 3600, output_lifetime: 7 * 24 * 3600 },
} as const satisfies ProviderProfile;
