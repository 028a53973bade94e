/** Bedrock's four calls of batch inference. */
import type { StoredBatch } from "../batch.ts";
import { digest } from "../chance.ts";
import type { Call, Reply, Route } from "../http.ts";
import { readJson } from "../http.ts";
import type { SandboxLimits } from "../limits.ts";
import type { ModelNames } from "../model-names.ts";
import type { SandboxProvider } from "../providers.ts";
import type { Records } from "../records.ts";
import type { BatchView, Runner } from "../runner.ts";
import { readCreate } from "./create-params.ts";
import { awsError } from "./errors.ts";
import { jobBody, statusOf } from "./job-body.ts";
import { jobOf } from "./protocol.ts";
import { invalidModel } from "./realtime.ts";

/** What the job routes need of their surroundings. */
export interface JobSettings {
  provider: SandboxProvider;
  batches: Records<StoredBatch>;
  runner: Runner;
  clock: () => number;
  newId: (prefix: string, n: number) => string;
  limits: SandboxLimits;
  models: ModelNames;
  region: string;
  account: string;
  latency: number;
  /** Seconds to expiry when the options say so; the create's hours otherwise. Milliseconds. */
  lifetime: number | undefined;
  upstream: boolean;
  /** The job as it stands; once it has ended, its results are in S3. */
  publishedView: (batch: StoredBatch) => Promise<BatchView>;
}

const JOB = "/model-invocation-job";

export function jobRoutes(settings: JobSettings): Route[] {
  const { batches, runner, publishedView } = settings;
  function find(identifier: string): StoredBatch {
    const batch = batches.get(identifier.replace(/^arn:aws.*:model-invocation-job\//, ""));
    if (!batch) throw awsError("ResourceNotFoundException", "Could not find the model invocation job.");
    return batch;
  }
  return [
    { method: "POST", path: JOB, operation: "batches.create", handle: (call) => create(settings, call) },
    {
      method: "GET",
      path: `${JOB}s`,
      operation: "batches.list",
      handle: ({ query }) => list(settings, query),
    },
    {
      method: "GET",
      path: `${JOB}/:id`,
      operation: "batches.retrieve",
      handle: async ({ id }) => ({ status: 200, json: jobBody(await publishedView(find(id))) }),
    },
    {
      method: "GET",
      path: "/foundation-model-availability/:id",
      operation: "models.retrieve",
      handle: async ({ id }) => ({ status: 200, json: availability(id, settings.models.has(id)) }),
    },
    {
      method: "POST",
      path: `${JOB}/:id/stop`,
      operation: "batches.cancel",
      async handle({ id }) {
        const batch = find(id);
        const view = await runner.view(batch);
        if (view.ended) {
          throw awsError("ConflictException", `The job cannot be stopped in status ${statusOf(view)}.`);
        }
        if (batch.cancel_requested === null) runner.cancel(batch);
        return { status: 200, json: {} };
      },
    },
  ];
}

/** Whether this account may use a model: any that there is. */
function availability(modelId: string, isThere: boolean) {
  const word = isThere ? "AVAILABLE" : "NOT_AVAILABLE";
  return {
    modelId,
    agreementAvailability: { status: word },
    authorizationStatus: isThere ? "AUTHORIZED" : "NOT_AUTHORIZED",
    entitlementAvailability: word,
    regionAvailability: word,
  };
}

async function list({ batches, publishedView }: JobSettings, query: URLSearchParams): Promise<Reply> {
  const size = Number(query.get("maxResults") ?? 100);
  if (!Number.isInteger(size) || size < 1 || size > 1000) {
    throw awsError("ValidationException", "maxResults must be from 1 to 1000.");
  }
  const from = Number(query.get("nextToken") ?? 0);
  const after = Date.parse(query.get("submitTimeAfter") ?? "");
  const before = Date.parse(query.get("submitTimeBefore") ?? "");
  const all = batches
    .newestFirst()
    .filter((batch) => jobOf(batch).jobName.includes(query.get("nameContains") ?? ""))
    .filter(({ created }) => !(created <= after) && !(created >= before));
  if (query.get("sortOrder") === "Ascending") all.reverse();
  const found = [];
  for (const batch of all) {
    const body = jobBody(await publishedView(batch));
    if (query.get("statusEquals") === null || body.status === query.get("statusEquals")) found.push(body);
  }
  const next = from + size < found.length ? { nextToken: String(from + size) } : {};
  return { status: 200, json: { invocationJobSummaries: found.slice(from, from + size), ...next } };
}

async function create(settings: JobSettings, { request }: Call): Promise<Reply> {
  const { batches, clock, models, limits, runner } = settings;
  const job = readCreate(await readJson(request));
  const created = (batch: StoredBatch): Reply => ({ status: 200, json: { jobArn: batch.fields["arn"] } });
  const token = job.clientRequestToken;
  // A token that was seen before makes nothing, whatever else the call says.
  const known = batches.newestFirst().find((batch) => token && jobOf(batch).clientRequestToken === token);
  if (known) return created(known);
  if (!models.has(job.modelId)) throw invalidModel(models, job.modelId);
  await checkOpenJobs(settings, job.modelId);
  const n = batches.next();
  // Twelve lower-case letters and digits, whatever the sandbox's ids are.
  const id = digest(settings.newId("bedrock", n)).slice(0, 12);
  const batch: StoredBatch = {
    id,
    n,
    provider: settings.provider,
    created: clock(),
    latency: settings.latency,
    lifetime: settings.lifetime ?? job.timeoutDurationInHours * 3600_000,
    cancel_requested: null,
    answered: null,
    upstream: settings.upstream,
    plan: null,
    settled: null,
    published: false,
    fields: { job, arn: `arn:aws:bedrock:${settings.region}:${settings.account}:model-invocation-job/${id}` },
  };
  batches.folder(id);
  batches.save(batch);
  runner.start(batch);
  return created(batch);

  async function checkOpenJobs(_settings: JobSettings, modelId: string): Promise<void> {
    if (limits.bedrock_open_jobs === null) return;
    let open = 0;
    for (const one of batches.newestFirst()) {
      if (jobOf(one).modelId === modelId && !(await runner.view(one)).ended) open += 1;
    }
    if (open < limits.bedrock_open_jobs) return;
    const message = `You have ${open} in-progress and submitted batch inference jobs of this model; the limit is ${limits.bedrock_open_jobs}.`;
    throw awsError("ServiceQuotaExceededException", message);
  }
}
