/** The simulated providers of some jobs, and the environment that leads to them. */
import { PROFILES } from "../../shared/providers/list.ts";
import type { Gate } from "../harness/guarded-stores.ts";
import { MARKS } from "./answers.ts";
import { AnthropicApi } from "./anthropic-api.ts";
import { BEDROCK_BUCKET, BedrockApi } from "./bedrock-api.ts";
import type { SimulatedBucket } from "./bucket.ts";
import { GeminiApi } from "./gemini-api.ts";
import type { DrawnJob } from "./job.ts";
import { MistralApi, OpenAIApi } from "./openai-api.ts";
import type { Random } from "./random.ts";
import type { SimulatedService } from "./service.ts";
import { SIMULATED, type SimulatedProvider } from "./simulated-providers.ts";
import type { World } from "./world.ts";

/** By the providers' names, which are their hosts' too. */
export type Services = ReadonlyMap<string, SimulatedService>;

const APIS = { openai: OpenAIApi, mistral: MistralApi, anthropic: AnthropicApi, gemini: GeminiApi };

export function makeServices(
  world: World,
  random: (name: string) => Random,
  jobs: readonly DrawnJob[],
  aws: { bucket: SimulatedBucket; gate: Gate },
): Services {
  const services = jobs.map(({ provider, limits }): [string, SimulatedService] => {
    const { protocol } = SIMULATED[provider];
    if (protocol !== "bedrock") return [provider, new APIS[protocol](provider, world, random(provider))];
    const bedrock = new BedrockApi(provider, world, random(provider), aws);
    bedrock.least = limits.min_requests ?? 1;
    return [provider, bedrock];
  });
  return new Map(services);
}

/** A job's provider. */
export function serviceOf({ services }: { services: Services }, { provider }: DrawnJob): SimulatedService {
  return services.get(provider) as SimulatedService;
}

/** Variables with the addresses of the jobs' providers, or with another host. */
export function addressesOf(jobs: readonly DrawnJob[], host?: string): Record<string, string> {
  return Object.fromEntries(
    jobs.map(({ provider }) => {
      const { protocol } = SIMULATED[provider];
      const version = protocol === "openai" || protocol === "mistral" ? "/v1" : "";
      return [PROFILES[provider].variables.url, `http://${host ?? provider}${version}`];
    }),
  );
}

/** All that the jobs' providers need of the environment. */
export function variablesOf(jobs: readonly DrawnJob[]): Record<string, string> {
  const keys = jobs.flatMap(({ provider }) => {
    const { key } = PROFILES[provider as SimulatedProvider].variables;
    return key === null ? [] : [[key, MARKS.key]];
  });
  return {
    ...addressesOf(jobs),
    ...Object.fromEntries(keys),
    NIGHTSHIFT_BEDROCK_BUCKET: BEDROCK_BUCKET,
    NIGHTSHIFT_BEDROCK_ROLE_ARN: "arn:aws:iam::123456789012:role/bedrock",
    AWS_ACCESS_KEY_ID: "AKIASIMULATED",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
}
