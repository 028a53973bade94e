/** `/v1/batch/jobs` of Mistral's API. */
import { linkSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { ApiError } from "../api-error.ts";
import type { StoredBatch } from "../batch.ts";
import { digest } from "../chance.ts";
import type { Call, Reply, Route } from "../http.ts";
import { readJson } from "../http.ts";
import type { ModelNames } from "../model-names.ts";
import type { StoredFile } from "../openai/files.ts";
import type { Protocol } from "../protocol.ts";
import type { SandboxProvider } from "../providers.ts";
import type { Records } from "../records.ts";
import type { BatchView, Runner } from "../runner.ts";
import { jobBody } from "./job-body.ts";

/** Endpoints that the sandbox answers; Mistral has OCR, moderation and others, too. */
export const ENDPOINTS: readonly string[] = ["/v1/chat/completions", "/v1/embeddings"];

/** What the job routes need of their surroundings. */
export interface JobSettings {
  provider: SandboxProvider;
  batches: Records<StoredBatch>;
  files: Records<StoredFile>;
  runner: Runner;
  clock: () => number;
  /** An id for the n-th record. */
  newId: (prefix: string, n: number) => string;
  models: ModelNames;
  protocol: Protocol;
  defaults: Pick<StoredBatch, "latency" | "upstream">;
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

export function jobRoutes(settings: JobSettings): Route[] {
  const { batches, runner } = settings;
  const path = "/batch/jobs";
  function find(id: string): StoredBatch {
    const batch = batches.get(id);
    if (!batch) throw new ApiError(404, "Batch job not found.", { type: "not_found" });
    return batch;
  }
  const reply = async (batch: StoredBatch): Promise<Reply> => ({
    status: 200,
    json: jobBody(await publishedView(settings, batch)),
  });
  return [
    { method: "POST", path, operation: "batches.create", handle: (call) => create(settings, call) },
    { method: "GET", path, operation: "batches.list", handle: ({ query }) => list(settings, query) },
    {
      method: "GET",
      path: `${path}/:id`,
      operation: "batches.retrieve",
      handle: async ({ id }) => reply(find(id)),
    },
    {
      method: "POST",
      path: `${path}/:id/cancel`,
      operation: "batches.cancel",
      async handle({ id }) {
        const batch = find(id);
        const { ended } = await runner.view(batch);
        if (!ended && batch.cancel_requested === null) runner.cancel(batch);
        return reply(batch);
      },
    },
    {
      method: "DELETE",
      path: `${path}/:id`,
      operation: "batches.delete",
      async handle({ id }) {
        const { ended } = await runner.view(find(id));
        if (!ended) throw new ApiError(409, "A batch job that has not ended cannot be deleted.");
        batches.remove(id);
        return { status: 200, json: { id, object: "batch", deleted: true } };
      },
    },
  ];
}

/** The job as it stands; once it has ended, its result files exist. */
export async function publishedView(settings: JobSettings, batch: StoredBatch): Promise<BatchView> {
  const view = await settings.runner.view(batch);
  const { ended, schedule, settled } = view;
  if (!ended || !schedule || !settled || batch.published) return view;
  const { output, errors } = settings.runner.resultPaths(batch, settled);
  for (const [kind, path, bytes] of [
    ["output", output, settled.output_bytes],
    ["error", errors, settled.error_bytes],
  ] as const) {
    if (bytes === 0) continue;
    const id = digest(kind, batch.id).slice(0, 24);
    settings.files.folder(id);
    settings.files.save({
      id,
      n: settings.files.next(),
      created: schedule.ended,
      expires: null,
      filename: `${batch.id}_${kind}.jsonl`,
      bytes,
      purpose: "batch_output",
      path,
    });
    Object.assign(batch.fields, { [`${kind}_file`]: id });
  }
  batch.published = true;
  settings.batches.save(batch);
  return view;
}

/** Query parameters of a list that are no metadata: the SDK sends a metadata filter bare, as `?mark=abc`. */
const PARAMS = new Set([
  "page",
  "page_size",
  "model",
  "agent_id",
  "created_after",
  "created_by_me",
  "status",
  "order_by",
  "metadata",
]);

async function list(settings: JobSettings, query: URLSearchParams): Promise<Reply> {
  const page = Number(query.get("page") ?? 0);
  const size = Number(query.get("page_size") ?? 100);
  const after = Date.parse(query.get("created_after") ?? "");
  const metadata = [...query].filter(([name]) => !PARAMS.has(name));
  const statuses = query.getAll("status");
  const views = await Promise.all(
    settings.batches.newestFirst().map((batch) => publishedView(settings, batch)),
  );
  const found = views
    .filter(({ batch }) => Number.isNaN(after) || batch.created > after)
    .filter(({ batch }) => metadata.every(([name, value]) => metadataOf(batch).get(name) === value))
    .filter(({ batch }) => !query.has("model") || batch.fields["model"] === query.get("model"))
    .map(jobBody)
    .filter(({ status }) => statuses.length === 0 || statuses.includes(status));
  if (query.get("order_by") === "created") found.reverse();
  const data = found.slice(page * size, (page + 1) * size);
  return { status: 200, json: { object: "list", data, total: found.length } };
}

function metadataOf({ fields }: StoredBatch): Map<string, unknown> {
  return new Map(Object.entries((fields["metadata"] ?? {}) as object));
}

async function create(settings: JobSettings, { request }: Call): Promise<Reply> {
  const { batches, files, models, protocol } = settings;
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
  const id = settings.newId("", n);
  const batch: StoredBatch = {
    id,
    n,
    provider: settings.provider,
    created: settings.clock(),
    lifetime: timeout_hours * 3600_000,
    cancel_requested: null,
    answered: null,
    plan: null,
    settled: null,
    published: false,
    fields: { endpoint, model, metadata: metadata ?? null, input_files: input_files ?? [] },
    ...settings.defaults,
  };
  batches.folder(id);
  // A second name for the same bytes: deleting the input file takes nothing from a job that runs.
  if (file) linkSync(file.path, protocol.requestsPath(batch));
  else
    writeFileSync(
      protocol.requestsPath(batch),
      requests?.map((one) => `${JSON.stringify(one)}\n`).join("") ?? "",
    );
  batches.save(batch);
  settings.runner.start(batch);
  return { status: 200, json: jobBody(await settings.runner.view(batch)) };
}

function unprocessable({ issues }: z.ZodError): ApiError {
  const [issue] = issues;
  return new ApiError(422, `${issue?.path.join(".") || "body"}: ${issue?.message}`);
}
