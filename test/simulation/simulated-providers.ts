/** The providers that simulations draw, and how each differs from the others of its protocol. Pure data. */
import { DIALECTS } from "../../local/sandbox/compatible/dialects.ts";
import { type Dialect, OPENAI } from "../../local/sandbox/openai/dialect.ts";
import type { ProviderName } from "../../shared/models.ts";
import type { Traits } from "./provider-batches.ts";

/** How a provider is simulated. */
export interface Simulated {
  protocol: "openai" | "anthropic" | "bedrock" | "gemini" | "mistral";
  /** How likely it is drawn. */
  weight: number;
  /** HTTP statuses of a request that fails for now. */
  overloads: readonly number[];
  traits: Traits;
  /** Of a service that speaks OpenAI's protocol: the sandbox's dialects that it may have. */
  dialects?: readonly Dialect[];
}

const OPENAI_TRAITS: Traits = {
  validates: true,
  namesLines: true,
  failures: { account: "billing_hard_limit_reached", passing: "server_error" },
  queuesTokens: false,
  lateParts: true,
  lifetimeHours: 24,
};
const openai = { protocol: "openai", weight: 1, overloads: [429, 500, 503], traits: OPENAI_TRAITS } as const;
/** Of services that fail a batch with words only: nobody can tell bad lines, or a fault that passes. */
const WORDS_ONLY: Traits = { ...OPENAI_TRAITS, namesLines: false, failures: {} };

export const SIMULATED = {
  openai: { ...openai, weight: 5, traits: { ...OPENAI_TRAITS, queuesTokens: true }, dialects: [OPENAI] },
  anthropic: {
    protocol: "anthropic",
    weight: 4,
    overloads: [429, 500, 529],
    traits: { validates: false, failures: {}, queuesTokens: false, lateParts: true, lifetimeHours: 24 },
  },
  bedrock: {
    protocol: "bedrock",
    weight: 4,
    overloads: [429, 500, 503],
    traits: {
      validates: true,
      failures: { account: "the role has no permission for the bucket" },
      queuesTokens: false,
      lateParts: false,
      lifetimeHours: 24,
    },
  },
  gemini: {
    protocol: "gemini",
    weight: 2,
    overloads: [429, 500, 503],
    traits: {
      validates: true,
      failures: { passing: "INTERNAL" },
      queuesTokens: false,
      allOrNothing: true,
      lateParts: true,
      lifetimeHours: 48,
    },
  },
  mistral: { ...openai, protocol: "mistral", weight: 2, traits: WORDS_ONLY },
  azure: {
    ...openai,
    traits: { ...OPENAI_TRAITS, queuesTokens: true, lifetimeHours: null },
    dialects: [DIALECTS.azure],
  },
  groq: { ...openai, dialects: [DIALECTS.groq] },
  novita: { ...openai, traits: WORDS_ONLY, dialects: [DIALECTS.novita] },
  // A server of anybody's: with everything, without metadata, or with an object of its own.
  compatible: {
    ...openai,
    traits: WORDS_ONLY,
    dialects: [DIALECTS.compatible, { ...DIALECTS.compatible, keepsMetadata: null }, DIALECTS.together],
  },
} as const satisfies Partial<Record<ProviderName, Simulated>>;

export type SimulatedProvider = keyof typeof SIMULATED;
export const SIMULATED_PROVIDERS = Object.keys(SIMULATED) as SimulatedProvider[];
