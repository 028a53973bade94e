import { z } from "zod";
import { overrides } from "../environment.ts";
import { ProviderName } from "../models.ts";
import { ENV } from "../names.ts";
import { anthropicFormat } from "./anthropic/format.ts";
import { openaiFormat } from "./openai/format.ts";
import type { ProviderFormat } from "./provider.ts";

const FORMATS: Record<ProviderName, ProviderFormat> = { openai: openaiFormat, anthropic: anthropicFormat };

/** Limits other than the providers' own, by provider. */
export const LimitOverrides = z.partialRecord(
  ProviderName,
  z.strictObject({
    max_requests: z.int().positive().optional(),
    max_bytes: z.int().positive().optional(),
    max_batches_per_hour: z.int().positive().optional(),
  }),
);
export type LimitOverrides = z.infer<typeof LimitOverrides>;

/**
 * The pure half of a provider, its limits overridden by the environment's `PROVIDER_LIMITS`.
 * @throws InvalidJobError when that variable is not what `names.ts` says.
 */
export function formatOf(name: ProviderName): ProviderFormat {
  const format = FORMATS[name];
  const limits = overrides(ENV.providerLimits, LimitOverrides)?.[name];
  return limits ? { ...format, limits: { ...format.limits, ...limits } } : format;
}

/** Whose own format an input line has: a provider's name, `preferred` first, or undefined when it is nobody's. */
export function nativeTo(line: Record<string, unknown>, preferred: ProviderName): ProviderName | undefined {
  if (FORMATS[preferred].isNative(line)) return preferred;
  return ProviderName.options.find((name) => FORMATS[name].isNative(line));
}
