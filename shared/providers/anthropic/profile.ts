import { keyVariables, type ProviderProfile } from "../profile.ts";

/** Anthropic's Message Batches. https://platform.claude.com/docs/en/build-with-claude/batch-processing */
export const anthropicProfile = {
  title: "Anthropic",
  id: "Anthropic",
  protocol: "anthropic",
  variables: keyVariables("ANTHROPIC"),
  base_url: "https://api.anthropic.com",
  pages: { keys: "https://platform.claude.com/settings/keys", status: "https://status.claude.com" },
  // "All usage is charged at 50%".
  price: { list: "anthropic", batch_share: 0.5 },
  // 100,000 requests or "256 MB" (read as decimal).
  limits: { max_requests: 100_000, max_bytes: 256_000_000, longest_hours: 24, now_per_minute: 50 },
  window_hours: [24, 24],
  endpoints: [],
  mixes_models: true,
} as const satisfies ProviderProfile;
