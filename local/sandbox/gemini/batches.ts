/** Gemini's batches: created under a model, read as operations. */
import * as z from "zod";
import { ApiError } from "../api-error.ts";
import type { StoredBatch } from "../batch.ts";
import { addBatch, type BatchStore, publishedView } from "../batch-store.ts";
import { digest } from "../chance.ts";
import { type Call, type Reply, type Route, readJson, replyWith, route } from "../http.ts";
import type { ModelNames } from "../model-names.ts";
import type { Records } from "../records.ts";
import type { BatchView } from "../runner.ts";
import { operationBody } from "./batch-body.ts";
import { type GeminiFile, VERSIONS } from "./files.ts";

export interface BatchDeps extends BatchStore {
  files: Records<GeminiFile>;
  models: ModelNames;
}

/** The body of a create. Google takes a field's name with capitals or with underscores. */
const Create = z.strictObject({
  batch: z.strictObject({
    displayName: z.string().min(1),
    model: z.string().optional(),
    inputConfig: z.strictObject({
      fileName: z.string().optional(),
      requests: z.object({ requests: z.array(z.record(z.string(), z.unknown())) }).optional(),
    }),
    priority: z.union([z.string(), z.number()]).optional(),
    webhookConfig: z.unknown().optional(),
  }),
});

export function batchRoutes(deps: BatchDeps): Route[] {
  const { batches, runner } = deps;
  const missing = (id: string) => new ApiError(404, `Requested entity was not found: batches/${id}.`);
  const find = (id: string) => batches.require(id, () => missing(id));
  return VERSIONS.flatMap((version): Route[] => [
    route("POST", `/${version}/models/:id:batchGenerateContent`, "batches.create", (call) =>
      create(deps, call, false),
    ),
    route("POST", `/${version}/models/:id:asyncBatchEmbedContent`, "batches.create", (call) =>
      create(deps, call, true),
    ),
    route("GET", `/${version}/batches`, "batches.list", ({ query }) => list(deps, query)),
    route("POST", `/${version}/batches/:id:cancel`, "batches.cancel", async ({ id }) => {
      const batch = find(id);
      const { ended } = await runner.view(batch);
      if (!ended) runner.cancel(batch);
      return replyWith({});
    }),
    route("GET", `/${version}/batches/:id`, "batches.retrieve", async ({ id }) =>
      replyWith(operationBody(await batchView(deps, find(id)))),
    ),
    route("DELETE", `/${version}/batches/:id`, "batches.delete", async ({ id }) => {
      batches.remove(find(id).id);
      return replyWith({});
    }),
  ]);
}

/** The batch as it stands; once it has succeeded, its file of responses exists. */
export function batchView(deps: BatchDeps, batch: StoredBatch): Promise<BatchView> {
  const { files, runner } = deps;
  return publishedView(deps, batch, ({ schedule, settled }) => {
    if (schedule.outcome !== "completed") return;
    const id = digest("responses", batch.id).slice(0, 24);
    files.folder(id);
    files.save({
      id,
      n: files.next(),
      created: schedule.ended,
      displayName: `${batch.id}-responses`,
      mimeType: "application/jsonl",
      bytes: settled.output_bytes,
      path: runner.resultPaths(batch, settled).output,
    });
    batch.fields["responses_file"] = id;
  });
}

async function list(deps: BatchDeps, query: URLSearchParams): Promise<Reply> {
  if (query.has("filter")) throw new ApiError(400, "filter is not supported.");
  const size = Math.min(Number(query.get("pageSize") ?? 50), 100);
  const from = Number(query.get("pageToken") ?? 0);
  const all = deps.batches.newestFirst();
  const operations = [];
  for (const batch of all.slice(from, from + size)) {
    operations.push(operationBody(await batchView(deps, batch)));
  }
  const next = from + size < all.length ? { nextPageToken: String(from + size) } : {};
  return replyWith({ operations, ...next });
}

async function create(deps: BatchDeps, { request, id: model }: Call, embeds: boolean): Promise<Reply> {
  const { batches, files, models } = deps;
  const parsed = Create.safeParse(withCapitals(await readJson(request)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ApiError(400, `Invalid value at '${issue?.path.join(".") || "batch"}': ${issue?.message}`);
  }
  if (!models.has(model)) {
    const message = `models/${model} is not found, or is not supported for batchGenerateContent.`;
    throw new ApiError(404, message + models.didYouMean(model));
  }
  const { displayName, inputConfig } = parsed.data.batch;
  const name = inputConfig.fileName?.replace(/^files\//, "");
  const file = name === undefined ? undefined : files.get(name);
  if (name !== undefined && !file) throw new ApiError(404, `File ${name} was not found.`);
  const inline = inputConfig.requests?.requests;
  if (!file && !inline?.length) throw new ApiError(400, "inputConfig: fileName or requests is required.");
  const n = batches.next();
  const fields = { model, embeds, display_name: displayName, input_file: name ?? null };
  const own = { id: deps.newId("", n).toLowerCase(), n, fields };
  const batch = addBatch(deps, own, file ? { path: file.path } : { text: inlineLines(inline ?? []) });
  return replyWith(operationBody(await deps.runner.view(batch)));
}

/** Inline requests as lines; their answers come in a file, too, which is where Google differs. */
function inlineLines(requests: Record<string, unknown>[]): string {
  return requests
    .map(({ request, metadata }, at) => {
      const key = (metadata as { key?: unknown } | undefined)?.key ?? String(at);
      return `${JSON.stringify({ key, request })}\n`;
    })
    .join("");
}

/** The names of a create's own fields with capitals: `display_name` is `displayName`. */
function withCapitals(body: Record<string, unknown>): unknown {
  const camel = (value: unknown, depth: number): unknown => {
    if (depth === 0 || typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        camel(inner, depth - 1),
      ]),
    );
  };
  return camel(body, 3);
}
