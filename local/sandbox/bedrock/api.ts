import { join } from "node:path";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import type { ApiError } from "../api-error.ts";
import type { ApiSettings, SandboxApi } from "../api-settings.ts";
import type { StoredBatch } from "../batch.ts";
import { failing } from "../failing.ts";
import { ModelNames } from "../model-names.ts";
import { noCounts, type Realtime } from "../realtime.ts";
import { openRecords } from "../records.ts";
import { Runner } from "../runner.ts";
import { checkSignature, signatureOf } from "../sigv4.ts";
import { awsError, errorBody } from "./errors.ts";
import { jobRoutes } from "./jobs.ts";
import { bedrockProtocol } from "./protocol.ts";
import { type JobEvent, Publisher } from "./publisher.ts";
import { realtimeRoutes, refuse } from "./realtime.ts";
import { JobStorage } from "./storage.ts";

/** What Bedrock's half of the sandbox needs besides. */
export interface BedrockOptions {
  /** How it reaches the S3 with the requests, and writes the results there; without it every job fails. */
  s3?: S3ClientConfig;
  region?: string;
  account?: string;
  /** Called for each change of a job's status, as EventBridge would deliver it. */
  onEvent?: (event: JobEvent) => void;
}

/** Models that Bedrock has and the price list does not, November 2026. */
const UNPRICED = ["amazon.nova-2-lite-v1:0"];

/** Models by their id, their inference profile (`us.…`) or an ARN of either. */
class BedrockModels extends ModelNames {
  override has(model: string): boolean {
    const id = model.replace(/^arn:aws.*\//, "").replace(/^(us|eu|apac|global|jp|au|us-gov)\./, "");
    return super.has(id) || super.has(model) || UNPRICED.includes(id);
  }
}

/** Amazon Bedrock's batch inference, and its models in real time: the sandbox has both APIs at one address. */
export function bedrockApi(settings: ApiSettings, options: BedrockOptions = {}): SandboxApi {
  const { provider, prefix, dir, clock, newId, limits, keys, upstream, latency } = settings;
  const { region = "us-east-1", account = "000000000000", onEvent } = options;
  const batches = openRecords<StoredBatch>(join(dir, "batches"));
  const storage = options.s3 && new JobStorage(options.s3);
  const protocol = failing(bedrockProtocol(batches.folder, storage, limits), settings);
  const runner = new Runner({ batches, protocol, clock, upstream });
  const publisher = new Publisher({ batches, runner, storage, region, account, onEvent });
  const models = new BedrockModels(settings.models === "any" ? null : "aws");
  const counts = noCounts();
  const realtime: Realtime = {
    protocol,
    upstream,
    clock,
    gate: settings.gate,
    counts,
    headers: () => ({}),
    refuse,
    check: () => undefined,
  };
  const routes = jobRoutes({
    provider,
    batches,
    runner,
    clock,
    newId,
    limits,
    models,
    region,
    account,
    latency,
    lifetime: settings.givenLifetime,
    upstream: upstream !== undefined,
    publishedView: (batch) => publisher.view(batch),
  });
  return {
    api: {
      provider,
      prefix,
      requestIdHeader: "x-amzn-requestid",
      routes: [...routes, ...realtimeRoutes(realtime, models)],
      keyOf: (request) => signatureOf(request)?.accessKeyId,
      authorize(request) {
        const { accessKeyId } = checkSignature(request, "bedrock");
        if (keys && !keys.includes(accessKeyId)) {
          throw awsError("AccessDeniedException", "The security token included in the request is invalid.");
        }
      },
      errorBody: (error: ApiError) => errorBody(error),
    },
    runner,
    batches,
    background: publisher,
    realtime: counts,
  };
}
