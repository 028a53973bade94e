/** The providers that the sandbox speaks as, and where each one's API is. */
export const SANDBOX_PREFIXES = {
  openai: "/openai/v1",
  anthropic: "/anthropic",
} as const;

export type SandboxProvider = keyof typeof SANDBOX_PREFIXES;

export const SANDBOX_PROVIDERS = Object.keys(SANDBOX_PREFIXES) as SandboxProvider[];
