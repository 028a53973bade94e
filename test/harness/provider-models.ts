import type { ProviderName } from "../../shared/models.ts";

/** A model of each provider that the sandbox knows. */
export const MODELS: Readonly<Record<ProviderName, string>> = {
  openai: "gpt-4.1-mini",
  anthropic: "claude-haiku-4-5",
  "anthropic-aws": "claude-haiku-4-5",
  bedrock: "amazon.nova-lite-v1:0",
  gemini: "gemini-2.5-flash",
  mistral: "mistral-small-latest",
  azure: "my-deployment",
  groq: "llama-3.3-70b-versatile",
  doubleword: "any-model",
  deepinfra: "any-model",
  novita: "any-model",
  compatible: "any-model",
};
