/** `/v1/batch/jobs` of Mistral's API. */
import * as z from "zod";
import { nameSet } from "../../../shared/name-set.ts";
import { ApiError } from "../api-error.ts";
import type { StoredBatch } from "../batch.ts";
import { addBatch, type BatchStore, publishedView } from "../batch-store.ts";
import { type Call, type Reply, type Route, readJson, replyWith, route } from "../http.ts";
import type { ModelNames } from "../model-names.ts";
import { resultFiles, type StoredFile, saveResults } from "../openai/files.ts";
import type { Records } from "../records.ts";
import type { BatchView } from "../runner.ts";
import { jobBody } from "./job-body.ts";

/** Endpoints that the sandbox answers; Mistral has OCR, moderation and others, too. */
export const ENDPOINTS: readonly string[] = ["/v1/chat/completions", "/v1/embeddings"];

export interface JobDeps extends BatchStore {
  files: Records<StoredFile>;
  models: ModelNames;
}

/** The body of a create; a test checks that the SDK's own schema writes it. */
const CreateJob = z.strictObject({
  input_files: z.array(z.string()).length(1).nullish(),
  requests: z
    .array(z.object({ custom_id: z.string().nullish(), body: z.record(z.string(), z.unknown()) }))
    .max(10_000)
    .nullish(),
  endpoint: z.string(),
  model: z.string().nullish(),
  agent_id: z.string().nullish(),
  metadata: z.record(z.string().max(32), z.string().max(512)).nullish(),
  timeout_hours: z.int().min(1).max(168).default(24),
});

export function jobRoutes(deps: JobDeps): Route[] {
  const { batches, runner } = deps;
  const path = "/batch/jobs";
  const missing = () => new ApiError(404, "Batch job not found.", { type: "not_found" });
  const find = (id: string) => batches.require(id, missing);
  const reply = async (batch: StoredBatch): Promise<Reply> => replyWith(jobBody(await jobView(deps, batch)));
  return [
    route("POST", path, "batches.create", (call) => create(deps, call)),
    route("GET", path, "batches.list", ({ query }) => list(deps, query)),
    route("GET", `${path}/:id`, "batches.retrieve", async ({ id }) => reply(find(id))),
    route("POST", `${path}/:id/cancel`, "batches.cancel", async ({ id }) => {
      const batch = find(id);
      const { ended } = await runner.view(batch);
      if (!ended) runner.cancel(batch);
      return reply(batch);
    }),
    route("DELETE", `${path}/:id`, "batches.delete", async ({ id }) => {
      const { ended } = await runner.view(find(id));
      if (!ended) throw new ApiError(409, "A batch job that has not ended cannot be deleted.");
      batches.remove(id);
      return replyWith({ id, object: "batch", deleted: true });
    }),
  ];
}

/** The job as it stands; once it has ended, its result files exist. */
export function jobView(deps: JobDeps, batch: StoredBatch): Promise<BatchView> {
  return publishedView(deps, batch, (view) => {
    for (const file of resultFiles(deps.runner, view))
      if (file.bytes > 0) batch.fields[`${file.kind}_file`] = saveResults(deps, batch, file);
  });
}

/** Query parameters of a list that are no metadata: the SDK sends a metadata filter bare, as `?mark=abc`. */
const PARAMS = nameSet("page page_size model agent_id created_after created_by_me status order_by metadata");

async function list(deps: JobDeps, query: URLSearchParams): Promise<Reply> {
  const page = Number(query.get("page") ?? 0);
  const size = Number(query.get("page_size") ?? 100);
  const after = Date.parse(query.get("created_after") ?? "");
  const metadata = [...query].filter(([name]) => !PARAMS.has(name));
  const statuses = query.getAll("status");
  const views = await Promise.all(deps.batches.newestFirst().map((batch) => jobView(deps, batch)));
  const found = views
    .filter(({ batch }) => Number.isNaN(after) || batch.created > after)
    .filter(({ batch }) => metadata.every(([name, value]) => metadataOf(batch).get(name) === value))
    .filter(({ batch }) => !query.has("model") || batch.fields["model"] === query.get("model"))
    .map(jobBody)
    .filter(({ status }) => statuses.length === 0 || statuses.includes(status));
  if (query.get("order_by") === "created") found.reverse();
  const data = found.slice(page * size, (page + 1) * size);
  return replyWith({ object: "list", data, total: found.length });
}

function metadataOf({ fields }: StoredBatch): Map<string, unknown> {
  return new Map(Object.entries((fields["metadata"] ?? {}) as object));
}

async function create(deps: JobDeps, { request }: Call): Promise<Reply> {
  const { batches, files, models } = deps;
  const parsed = CreateJob.safeParse(await readJson(request));
  if (!parsed.success) throw unprocessable(parsed.error);
  const { input_files, requests, endpoint, model, metadata, timeout_hours } = parsed.data;
  if (!ENDPOINTS.includes(endpoint)) {
    throw new ApiError(422, `endpoint: the sandbox answers ${ENDPOINTS.join(", ")} only`);
  }
  if (!model) throw new ApiError(422, "model: Field required");
  if (!models.has(model)) {
    throw new ApiError(400, `Invalid model: ${model}.${models.didYouMean(model)}`, { type: "invalid_model" });
  }
  const file = input_files?.[0] === undefined ? undefined : files.get(input_files[0]);
  if (!requests && !file) throw new ApiError(404, "Input file not found.", { type: "not_found" });
  const n = batches.next();
  const fields = { endpoint, model, metadata: metadata ?? null, input_files: input_files ?? [] };
  const own = { id: deps.newId("", n), n, lifetime: timeout_hours * 3600_000, fields };
  const text = requests?.map((one) => `${JSON.stringify(one)}\n`).join("") ?? "";
  const batch = addBatch(deps, own, file ? { path: file.path } : { text });
  return replyWith(jobBody(await deps.runner.view(batch)));
}

function unprocessable({ issues }: z.ZodError): ApiError {
  const [issue] = issues;
  return new ApiError(422, `${issue?.path.join(".") || "body"}: ${issue?.message}`);
}
