import type { S3ClientConfig } from "@aws-sdk/client-s3";
import type { ApiError } from "../api-error.ts";
import type { ApiSettings, SandboxApi } from "../api-settings.ts";
import { openBatches } from "../batch-store.ts";
import { ModelNames } from "../model-names.ts";
import { realtimeOf } from "../realtime.ts";
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
  const { provider, prefix, limits, keys } = settings;
  const { region = "us-east-1", account = "000000000000", onEvent } = options;
  const storage = options.s3 && new JobStorage(options.s3);
  const store = openBatches(settings, bedrockProtocol(storage, limits));
  const { batches, runner } = store;
  const publisher = new Publisher({ batches, runner, storage, region, account, onEvent });
  const models = new BedrockModels(settings.models === "any" ? null : "aws");
  const realtime = realtimeOf(settings, store.protocol, { refuse });
  const routes = jobRoutes({
    ...store,
    models,
    region,
    account,
    lifetime: settings.givenLifetime,
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
    realtime: realtime.counts,
  };
}
