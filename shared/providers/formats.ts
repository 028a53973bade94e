import * as z from "zod";
import { overrides } from "../environment.ts";
import { ProviderName } from "../models.ts";
import { ENV } from "../names.ts";
import { anthropicFormat } from "./anthropic/format.ts";
import { bedrockFormat } from "./bedrock/format.ts";
import type { ProviderFormat } from "./format.ts";
import { geminiFormat } from "./gemini/format.ts";
import { PROFILES } from "./list.ts";
import { mistralFormat } from "./mistral/format.ts";
import { openaiFormat } from "./openai/format.ts";
import type { Protocol, ProviderProfile } from "./profile.ts";

const FORMATS: Record<Protocol, (profile: ProviderProfile) => ProviderFormat> = {
  openai: openaiFormat,
  anthropic: anthropicFormat,
  "anthropic-aws": anthropicFormat,
  bedrock: bedrockFormat,
  gemini: geminiFormat,
  mistral: mistralFormat,
};

/** Limits other than the providers' own, by provider. */
export const LimitOverrides = z.partialRecord(
  ProviderName,
  z.strictObject({
    max_requests: z.int().positive().optional(),
    max_bytes: z.int().positive().optional(),
    min_requests: z.int().positive().optional(),
    max_batches_per_hour: z.int().positive().optional(),
    now_per_minute: z.int().positive().optional(),
  }),
);
export type LimitOverrides = z.infer<typeof LimitOverrides>;

/**
 * The pure half of a provider. The environment's `PROVIDER_LIMITS` go before the model's limits, and these before the provider's.
 * @throws InvalidJobError when that variable is not what `names.ts` says.
 */
export function formatOf(name: ProviderName, model?: string): ProviderFormat {
  const profile: ProviderProfile = PROFILES[name];
  const ofModel = model && profile.model_limits?.find((one) => model.includes(one.model))?.limits;
  const limits = { ...profile.limits, ...ofModel, ...overrides(ENV.providerLimits, LimitOverrides)?.[name] };
  return FORMATS[profile.protocol]({ ...profile, limits });
}

/** The first provider of each protocol, which all have the same lines. */
const FIRSTS = ProviderName.options.filter(
  (name, at, all) => all.findIndex((other) => PROFILES[other].protocol === PROFILES[name].protocol) === at,
);
/** What the providers' formats call the body of a request. */
export const BODY_KEYS: readonly string[] = [
  ...new Set(FIRSTS.map((name) => FORMATS[PROFILES[name].protocol](PROFILES[name]).bodyKey)),
];

const NATIVE = Object.fromEntries(
  FIRSTS.map((name) => [PROFILES[name].protocol, FORMATS[PROFILES[name].protocol](PROFILES[name]).isNative]),
) as Record<Protocol, ProviderFormat["isNative"]>;

/** Whose own format an input line has: a provider's name, `preferred` first, or undefined when it is nobody's. */
export function nativeTo(line: Record<string, unknown>, preferred: ProviderName): ProviderName | undefined {
  if (NATIVE[PROFILES[preferred].protocol](line)) return preferred;
  return FIRSTS.find((name) => NATIVE[PROFILES[name].protocol](line));
}
