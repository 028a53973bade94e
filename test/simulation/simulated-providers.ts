/** How simulations play the providers of the list: by their protocol, and by what each has of its own. Pure data. */
import { DIALECTS } from "../../local/sandbox/compatible/dialects.ts";
import { type Dialect, OPENAI } from "../../local/sandbox/openai/dialect.ts";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES, PROVIDER_NAMES } from "../../shared/providers/list.ts";
import type { Protocol } from "../../shared/providers/profile.ts";
import type { Traits } from "./provider-batches.ts";

/** How a provider is simulated. */
export interface Simulated {
  /** Whose result lines it writes. */
  protocol: Exclude<Protocol, "anthropic-aws">;
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
/** Of services that fail a batch with words only: nobody can tell bad lines, or a fault that passes. */
const WORDS_ONLY: Traits = { ...OPENAI_TRAITS, namesLines: false, failures: {} };
const openai: Simulated = {
  ...{ protocol: "openai", weight: 1, overloads: [429, 500, 503] },
  traits: WORDS_ONLY,
  dialects: [DIALECTS.compatible],
};
const anthropic: Simulated = {
  ...{ protocol: "anthropic", weight: 4, overloads: [429, 500, 529] },
  traits: { validates: false, failures: {}, queuesTokens: false, lateParts: true, lifetimeHours: 24 },
};

const BY_PROTOCOL: Record<Protocol, Simulated> = {
  openai,
  anthropic,
  "anthropic-aws": { ...anthropic, weight: 1 },
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
  mistral: { ...openai, protocol: "mistral", weight: 2, dialects: [OPENAI] },
};

/** What a provider has of its own. One that has nothing is a service of OpenAI's protocol like any other. */
const OWN: Partial<Record<ProviderName, Partial<Simulated>>> = {
  openai: { weight: 5, traits: { ...OPENAI_TRAITS, queuesTokens: true }, dialects: [OPENAI] },
  azure: {
    traits: { ...OPENAI_TRAITS, queuesTokens: true, lifetimeHours: null },
    dialects: [DIALECTS.azure],
  },
  groq: { traits: OPENAI_TRAITS, dialects: [DIALECTS.groq] },
  doubleword: { dialects: [DIALECTS.doubleword] },
  deepinfra: { dialects: [DIALECTS.deepinfra] },
  novita: { dialects: [DIALECTS.novita] },
  // A server of anybody's: with everything, without metadata, or with an object of its own.
  compatible: {
    dialects: [DIALECTS.compatible, { ...DIALECTS.compatible, keepsMetadata: null }, DIALECTS.together],
  },
};

/** By the provider's name: all of the list. */
export const SIMULATED = Object.fromEntries(
  PROVIDER_NAMES.map((name) => [name, { ...BY_PROTOCOL[PROFILES[name].protocol], ...OWN[name] }]),
) as Record<ProviderName, Simulated>;
