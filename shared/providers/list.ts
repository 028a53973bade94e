/** The one list of providers. A provider that speaks a known protocol is a folder with a profile, and a line here. */
import { anthropicProfile } from "./anthropic/profile.ts";
import { anthropicAwsProfile } from "./anthropic-aws/profile.ts";
import { azureProfile } from "./azure/profile.ts";
import { bedrockProfile } from "./bedrock/profile.ts";
import { compatibleProfile } from "./compatible/profile.ts";
import { deepinfraProfile } from "./deepinfra/profile.ts";
import { doublewordProfile } from "./doubleword/profile.ts";
import { geminiProfile } from "./gemini/profile.ts";
import { groqProfile } from "./groq/profile.ts";
import { mistralProfile } from "./mistral/profile.ts";
import { novitaProfile } from "./novita/profile.ts";
import { openaiProfile } from "./openai/profile.ts";
import type { ProviderProfile } from "./profile.ts";

const LIST = {
  openai: openaiProfile,
  anthropic: anthropicProfile,
  "anthropic-aws": anthropicAwsProfile,
  bedrock: bedrockProfile,
  gemini: geminiProfile,
  mistral: mistralProfile,
  azure: azureProfile,
  groq: groqProfile,
  doubleword: doublewordProfile,
  deepinfra: deepinfraProfile,
  novita: novitaProfile,
  compatible: compatibleProfile,
} as const satisfies Record<string, ProviderProfile>;

export const PROFILES: Readonly<Record<keyof typeof LIST, ProviderProfile>> = LIST;

/** Names of all providers, in the order in which people see them. */
export const PROVIDER_NAMES = Object.keys(LIST) as [keyof typeof LIST, ...(keyof typeof LIST)[]];

/** The stack's output with the value of a variable: `NightshiftBedrockRoleArn` of `NIGHTSHIFT_BEDROCK_ROLE_ARN`. */
export const outputOf = (variable: string) =>
  variable.toLowerCase().replace(/(^|_)(.)/g, (_, __, letter: string) => letter.toUpperCase());

/** The stack's output that names the secret with a provider's key. */
export const secretOutput = (provider: keyof typeof LIST) => `${PROFILES[provider].id}SecretName`;
