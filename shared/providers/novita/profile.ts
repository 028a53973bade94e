import { keyVariables, type ProviderProfile } from "../profile.ts";

/** Novita's batches. https://novita.ai/docs/guides/llm-batch-api */
export const novitaProfile = {
  title: "Novita",
  id: "Novita",
  protocol: "openai",
  variables: keyVariables("NOVITA"),
  base_url: "https://api.novita.ai/openai/v1",
  pages: { keys: "https://novita.ai/settings/key-management", status: "https://status.novita.ai" },
  price: { list: "novita", batch_share: 0.5 },
  limits: { max_requests: 50_000, max_bytes: 100_000_000, longest_hours: 48, now_per_minute: 60 },
  // The documentation names 24 hours in one place and 48 in another.
  window_hours: [24, 48],
  endpoints: ["/v1/chat/completions", "/v1/completions"],
  quirks: { max_tokens: true },
} as const satisfies ProviderProfile;
