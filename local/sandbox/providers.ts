/** The providers that the sandbox speaks as, and where each one's API is. */
export const SANDBOX_PREFIXES = {
  openai: "/openai/v1",
  anthropic: "/anthropic",
  "anthropic-aws": "/anthropic-aws",
  azure: "/azure/openai/v1",
  groq: "/groq/openai/v1",
  doubleword: "/doubleword/v1",
  deepinfra: "/deepinfra/v1/openai",
  novita: "/novita/openai/v1",
  together: "/together/v1",
  compatible: "/compatible/v1",
  mistral: "/mistral/v1",
  gemini: "/gemini",
  bedrock: "/bedrock",
} as const;

export type SandboxProvider = keyof typeof SANDBOX_PREFIXES;

export const SANDBOX_PROVIDERS = Object.keys(SANDBOX_PREFIXES) as SandboxProvider[];
