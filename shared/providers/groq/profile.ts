import { keyVariables, type ProviderProfile } from "../profile.ts";

/** Groq's batches. https://console.groq.com/docs/batch */
export const groqProfile = {
  title: "Groq",
  id: "Groq",
  protocol: "openai",
  variables: keyVariables("GROQ"),
  base_url: "https://api.groq.com/openai/v1",
  pages: { keys: "https://console.groq.com/keys", status: "https://groqstatus.com" },
  price: { list: "groq", batch_share: 0.5 },
  limits: { max_requests: 50_000, max_bytes: 100_000_000, longest_hours: 168, now_per_minute: 30 },
  window_hours: [24, 168],
  endpoints: ["/v1/chat/completions"],
} as const satisfies ProviderProfile;
