import { keyVariables, type ProviderProfile } from "../profile.ts";

/** Gemini's batch mode of the Developer API. `GEMINI_BASE_URL` has no version. https://ai.google.dev/gemini-api/docs/batch-api */
export const geminiProfile = {
  title: "Gemini",
  id: "Gemini",
  protocol: "gemini",
  variables: keyVariables("GEMINI"),
  base_url: "https://generativelanguage.googleapis.com",
  pages: { keys: "https://aistudio.google.com/apikey", status: "https://aistudio.google.com/status" },
  price: { list: "google", batch_share: 0.5 },
  // A file has at most 2 GB. A number of requests is not documented.
  limits: { max_requests: 100_000, max_bytes: 1_000_000_000, longest_hours: 48, now_per_minute: 60 },
  window_hours: [48, 48],
  endpoints: ["/v1/chat/completions", "/v1/embeddings"],
} as const satisfies ProviderProfile;
