import { keyVariables, OPENAI_ENDPOINTS, type ProviderProfile } from "../profile.ts";

/** Any other server with OpenAI's files and batches, at `COMPATIBLE_BASE_URL`. Nothing is known of its prices and limits. */
export const compatibleProfile = {
  title: "the compatible server",
  id: "Compatible",
  protocol: "openai",
  variables: keyVariables("COMPATIBLE"),
  base_url: null,
  pages: { keys: null, status: null },
  price: { list: null, batch_share: null },
  limits: { max_requests: 50_000, max_bytes: 100_000_000, longest_hours: 168, now_per_minute: 60 },
  window_hours: [1, 168],
  endpoints: OPENAI_ENDPOINTS,
  quirks: { max_tokens: true },
} as const satisfies ProviderProfile;
