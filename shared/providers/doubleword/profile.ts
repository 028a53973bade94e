import { keyVariables, type ProviderProfile } from "../profile.ts";

/** Doubleword's batches. https://docs.doubleword.ai/batches */
export const doublewordProfile = {
  title: "Doubleword",
  id: "Doubleword",
  protocol: "openai",
  variables: keyVariables("DOUBLEWORD"),
  base_url: "https://api.doubleword.ai/v1",
  pages: { keys: "https://app.doubleword.ai/api-keys", status: null },
  // It has prices for each window of its own, and no real-time price to compare them with.
  price: { list: null, batch_share: null },
  limits: { max_requests: 50_000, max_bytes: 100_000_000, longest_hours: 24, now_per_minute: 60 },
  window_hours: [1, 24],
  endpoints: ["/v1/chat/completions", "/v1/responses", "/v1/embeddings"],
  quirks: { max_tokens: true },
} as const satisfies ProviderProfile;
