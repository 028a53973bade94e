import { keyVariables, type ProviderProfile } from "../profile.ts";

/** DeepInfra's batches. https://deepinfra.com/docs/batch */
export const deepinfraProfile = {
  title: "DeepInfra",
  id: "DeepInfra",
  protocol: "openai",
  variables: keyVariables("DEEPINFRA"),
  base_url: "https://api.deepinfra.com/v1/openai",
  pages: { keys: "https://deepinfra.com/dash/api_keys", status: "https://status.deepinfra.com" },
  // 20 % off. The price list has no DeepInfra: MODEL_PRICES gives a model its price.
  price: { list: null, batch_share: 0.8 },
  limits: { max_requests: 50_000, max_bytes: 100_000_000, longest_hours: 24, now_per_minute: 60 },
  window_hours: [24, 24],
  endpoints: ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"],
  quirks: { max_tokens: true },
} as const satisfies ProviderProfile;
