import { z } from "zod";
import { InvalidJobError } from "../errors.ts";
import { firstProblem, ProviderName } from "../models.ts";
import { ENV } from "../names.ts";
import { anthropicFormat } from "./anthropic-format.ts";
import { openaiFormat } from "./openai-format.ts";
import type { ProviderFormat } from "./provider.ts";

const FORMATS: Record<ProviderName, ProviderFormat> = { openai: openaiFormat, anthropic: anthropicFormat };

const LimitOverrides = z.partialRecord(
  ProviderName,
  z.strictObject({
    max_requests: z.int().positive().optional(),
    max_bytes: z.int().positive().optional(),
    max_batches_per_hour: z.int().positive().optional(),
  }),
);

/**
 * The pure half of a provider, its limits overridden by the environment's `PROVIDER_LIMITS`.
 * @throws InvalidJobError when that variable is not what `names.ts` says.
 */
export function formatOf(name: ProviderName): ProviderFormat {
  const text = process.env[ENV.providerLimits];
  if (!text) return FORMATS[name];
  // Asked for on every line of an input, and the variable hardly ever changes.
  if (overridden?.text !== text) overridden = { text, formats: overrideLimits(parseLimits(text)) };
  return overridden.formats[name];
}

let overridden: { text: string; formats: Record<ProviderName, ProviderFormat> } | undefined;

function overrideLimits(limits: z.infer<typeof LimitOverrides>): Record<ProviderName, ProviderFormat> {
  const formats = { ...FORMATS };
  for (const name of ProviderName.options) {
    formats[name] = { ...FORMATS[name], limits: { ...FORMATS[name].limits, ...limits[name] } };
  }
  return formats;
}

function parseLimits(text: string): z.infer<typeof LimitOverrides> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InvalidJobError(`${ENV.providerLimits} is not JSON`, { cause });
  }
  const limits = LimitOverrides.safeParse(json);
  if (!limits.success) throw new InvalidJobError(`${ENV.providerLimits}: ${firstProblem(limits.error)}`);
  return limits.data;
}
