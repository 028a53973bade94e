import { keyVariables, type ProviderProfile } from "../profile.ts";

/** Mistral's batch API. https://docs.mistral.ai/capabilities/batch */
export const mistralProfile = {
  title: "Mistral",
  id: "Mistral",
  protocol: "mistral",
  variables: keyVariables("MISTRAL"),
  base_url: "https://api.mistral.ai/v1",
  pages: { keys: "https://console.mistral.ai/api-keys", status: "https://status.mistral.ai" },
  price: { list: "mistral", batch_share: 0.5 },
  // Known limitations say 100,000 requests, the batch page a million: the lower. Files are up to 512 MB.
  limits: { max_requests: 100_000, max_bytes: 512_000_000, longest_hours: 168, now_per_minute: 60 },
  window_hours: [1, 168],
  endpoints: ["/v1/chat/completions", "/v1/embeddings", "/v1/moderations"],
  quirks: { max_tokens: true },
} as const satisfies ProviderProfile;
