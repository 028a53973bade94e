/** The simulated providers of some jobs, and the environment that leads to them. */
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import type { Protocol } from "../../shared/providers/profile.ts";
import type { Gate } from "../harness/guarded-stores.ts";
import { MARKS } from "./answers.ts";
import { AnthropicApi } from "./anthropic-api.ts";
import { AnthropicAwsApi } from "./anthropic-aws-api.ts";
import { BEDROCK_BUCKET, BedrockApi } from "./bedrock-api.ts";
import type { SimulatedBucket } from "./bucket.ts";
import { GeminiApi } from "./gemini-api.ts";
import type { DrawnJob } from "./job.ts";
import { MistralApi, OpenAIApi } from "./openai-api.ts";
import type { Random } from "./random.ts";
import type { SimulatedService } from "./service.ts";
import { SIMULATED } from "./simulated-providers.ts";
import type { World } from "./world.ts";

/** By the providers' names, which are their hosts' too. */
export type Services = ReadonlyMap<string, SimulatedService>;

type MakeService = new (
  provider: ProviderName,
  world: World,
  random: Random,
  aws: { bucket: SimulatedBucket; gate: Gate },
) => SimulatedService;

const APIS: Record<Protocol, MakeService> = {
  openai: OpenAIApi,
  mistral: MistralApi,
  anthropic: AnthropicApi,
  "anthropic-aws": AnthropicAwsApi,
  gemini: GeminiApi,
  bedrock: BedrockApi,
};

export function makeServices(
  world: World,
  random: (name: string) => Random,
  jobs: readonly DrawnJob[],
  aws: { bucket: SimulatedBucket; gate: Gate },
): Services {
  const services = jobs.map(({ provider, limits }): [string, SimulatedService] => {
    const service = new APIS[PROFILES[provider].protocol](provider, world, random(provider), aws);
    if (service instanceof BedrockApi) service.least = limits.min_requests ?? 1;
    return [provider, service];
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
    const { key } = PROFILES[provider].variables;
    return key === null ? [] : [[key, MARKS.key]];
  });
  return {
    ...addressesOf(jobs),
    ...Object.fromEntries(keys),
    ...Object.assign({}, ...jobs.map(({ provider }) => PROFILES[provider].variables.needed)),
    NIGHTSHIFT_BEDROCK_BUCKET: BEDROCK_BUCKET,
    NIGHTSHIFT_BEDROCK_ROLE_ARN: "arn:aws:iam::123456789012:role/bedrock",
    // Else the SDK reads a file, in real time.
    AWS_MAX_ATTEMPTS: "3",
    AWS_ACCESS_KEY_ID: "AKIASIMULATED",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
}
