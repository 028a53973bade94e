/** Bedrock's four calls of batch inference. */
import type { StoredBatch } from "../batch.ts";
import { addBatch, type BatchStore } from "../batch-store.ts";
import { digest } from "../chance.ts";
import { type Call, type Reply, type Route, readJson, replyWith, route } from "../http.ts";
import type { ModelNames } from "../model-names.ts";
import type { BatchView } from "../runner.ts";
import { readCreate } from "./create-params.ts";
import { awsError } from "./errors.ts";
import { jobBody, statusOf } from "./job-body.ts";
import { jobOf } from "./protocol.ts";
import { invalidModel } from "./realtime.ts";

export interface JobDeps extends BatchStore {
  models: ModelNames;
  region: string;
  account: string;
  /** Milliseconds to expiry when the options say so; the create's hours otherwise. */
  lifetime: number | undefined;
  /** The job as it stands; once it has ended, its results are in S3. */
  publishedView: (batch: StoredBatch) => Promise<BatchView>;
}

const JOB = "/model-invocation-job";

export function jobRoutes(deps: JobDeps): Route[] {
  const { batches, runner, publishedView } = deps;
  const missing = () => awsError("ResourceNotFoundException", "Could not find the model invocation job.");
  const find = (identifier: string) =>
    batches.require(identifier.replace(/^arn:aws.*:model-invocation-job\//, ""), missing);
  return [
    route("POST", JOB, "batches.create", (call) => create(deps, call)),
    route("GET", `${JOB}s`, "batches.list", ({ query }) => list(deps, query)),
    route("GET", `${JOB}/:id`, "batches.retrieve", async ({ id }) =>
      replyWith(jobBody(await publishedView(find(id)))),
    ),
    route("GET", "/foundation-model-availability/:id", "models.retrieve", async ({ id }) =>
      replyWith(availability(id, deps.models.has(id))),
    ),
    route("POST", `${JOB}/:id/stop`, "batches.cancel", async ({ id }) => {
      const batch = find(id);
      const view = await runner.view(batch);
      if (view.ended) {
        throw awsError("ConflictException", `The job cannot be stopped in status ${statusOf(view)}.`);
      }
      runner.cancel(batch);
      return replyWith({});
    }),
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

async function list({ batches, publishedView }: JobDeps, query: URLSearchParams): Promise<Reply> {
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
  return replyWith({ invocationJobSummaries: found.slice(from, from + size), ...next });
}

async function create(deps: JobDeps, { request }: Call): Promise<Reply> {
  const { batches, models } = deps;
  const job = readCreate(await readJson(request));
  const created = (batch: StoredBatch): Reply => replyWith({ jobArn: batch.fields["arn"] });
  const token = job.clientRequestToken;
  // A token that was seen before makes nothing, whatever else the call says.
  const known = batches.newestFirst().find((batch) => token && jobOf(batch).clientRequestToken === token);
  if (known) return created(known);
  if (!models.has(job.modelId)) throw invalidModel(models, job.modelId);
  await checkOpenJobs(deps, job.modelId);
  const n = batches.next();
  // Twelve lower-case letters and digits, whatever the sandbox's ids are.
  const id = digest(deps.newId("bedrock", n)).slice(0, 12);
  const lifetime = deps.lifetime ?? job.timeoutDurationInHours * 3600_000;
  const arn = `arn:aws:bedrock:${deps.region}:${deps.account}:model-invocation-job/${id}`;
  return created(addBatch(deps, { id, n, lifetime, fields: { job, arn } }));
}

async function checkOpenJobs({ batches, limits, runner }: JobDeps, modelId: string): Promise<void> {
  const { bedrock_open_jobs: limit } = limits;
  if (limit === null) return;
  let open = 0;
  for (const one of batches.newestFirst()) {
    if (jobOf(one).modelId === modelId && !(await runner.view(one)).ended) open += 1;
  }
  if (open < limit) return;
  const message = `You have ${open} in-progress and submitted batch inference jobs of this model; the limit is ${limit}.`;
  throw awsError("ServiceQuotaExceededException", message);
}
