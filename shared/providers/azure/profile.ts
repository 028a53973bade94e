import { keyVariables, type ProviderProfile } from "../profile.ts";

/**
 * Azure OpenAI's global batch, at `AZURE_BASE_URL` = `https://RESOURCE.openai.azure.com/openai/v1`. The model is the name
 * of a deployment. https://learn.microsoft.com/azure/ai-foundry/openai/how-to/batch
 */
export const azureProfile = {
  title: "Azure OpenAI",
  id: "Azure",
  protocol: "openai",
  variables: keyVariables("AZURE"),
  base_url: null,
  pages: { keys: "https://portal.azure.com", status: "https://azure.status.microsoft" },
  // A deployment has a name of its own, so the list knows its price only where it bears the model's.
  price: { list: "azure", batch_share: 0.5 },
  // No batch ever expires: the deadline ends those that do not come to an end.
  limits: { max_requests: 100_000, max_bytes: 200_000_000, longest_hours: 168, now_per_minute: 60 },
  window_hours: [24, 24],
  endpoints: ["/v1/chat/completions", "/v1/responses"],
  limits_queued_tokens: true,
  // An expiry must be between 14 and 30 days. Without one, a resource takes 500 files in all.
  quirks: { upload_lifetime: 14 * 24 * 3600, strips_v1: true },
} as const satisfies ProviderProfile;
