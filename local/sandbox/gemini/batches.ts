/** Gemini's batches: created under a model, read as operations. */
import { linkSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { ApiError } from "../api-error.ts";
import type { StoredBatch } from "../batch.ts";
import { digest } from "../chance.ts";
import type { Call, Reply, Route } from "../http.ts";
import { readJson } from "../http.ts";
import type { ModelNames } from "../model-names.ts";
import type { Protocol } from "../protocol.ts";
import type { SandboxProvider } from "../providers.ts";
import type { Records } from "../records.ts";
import type { BatchView, Runner } from "../runner.ts";
import { operationBody } from "./batch-body.ts";
import { type GeminiFile, VERSIONS } from "./files.ts";

/** What the batch routes need of their surroundings. */
export interface BatchSettings {
  provider: SandboxProvider;
  batches: Records<StoredBatch>;
  files: Records<GeminiFile>;
  runner: Runner;
  clock: () => number;
  newId: (prefix: string, n: number) => string;
  models: ModelNames;
  protocol: Protocol;
  defaults: Pick<StoredBatch, "latency" | "lifetime" | "upstream">;
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

export function batchRoutes(settings: BatchSettings): Route[] {
  const { batches, runner } = settings;
  function find(id: string): StoredBatch {
    const batch = batches.get(id);
    if (!batch) throw new ApiError(404, `Requested entity was not found: batches/${id}.`);
    return batch;
  }
  return VERSIONS.flatMap((version): Route[] => [
    {
      method: "POST",
      path: `/${version}/models/:id:batchGenerateContent`,
      operation: "batches.create",
      handle: (call) => create(settings, call, false),
    },
    {
      method: "POST",
      path: `/${version}/models/:id:asyncBatchEmbedContent`,
      operation: "batches.create",
      handle: (call) => create(settings, call, true),
    },
    {
      method: "GET",
      path: `/${version}/batches`,
      operation: "batches.list",
      handle: ({ query }) => list(settings, query),
    },
    {
      method: "POST",
      path: `/${version}/batches/:id:cancel`,
      operation: "batches.cancel",
      async handle({ id }) {
        const batch = find(id);
        const { ended } = await runner.view(batch);
        if (!ended && batch.cancel_requested === null) runner.cancel(batch);
        return { status: 200, json: {} };
      },
    },
    {
      method: "GET",
      path: `/${version}/batches/:id`,
      operation: "batches.retrieve",
      handle: async ({ id }) => ({
        status: 200,
        json: operationBody(await publishedView(settings, find(id))),
      }),
    },
    {
      method: "DELETE",
      path: `/${version}/batches/:id`,
      operation: "batches.delete",
      async handle({ id }) {
        batches.remove(find(id).id);
        return { status: 200, json: {} };
      },
    },
  ]);
}

/** The batch as it stands; once it has succeeded, its file of responses exists. */
export async function publishedView(settings: BatchSettings, batch: StoredBatch): Promise<BatchView> {
  const view = await settings.runner.view(batch);
  const { ended, schedule, settled } = view;
  if (!ended || !schedule || !settled || batch.published) return view;
  if (schedule.outcome === "completed") {
    const id = digest("responses", batch.id).slice(0, 24);
    settings.files.folder(id);
    settings.files.save({
      id,
      n: settings.files.next(),
      created: schedule.ended,
      displayName: `${batch.id}-responses`,
      mimeType: "application/jsonl",
      bytes: settled.output_bytes,
      path: settings.runner.resultPaths(batch, settled).output,
    });
    batch.fields["responses_file"] = id;
  }
  batch.published = true;
  settings.batches.save(batch);
  return view;
}

async function list(settings: BatchSettings, query: URLSearchParams): Promise<Reply> {
  if (query.has("filter")) throw new ApiError(400, "filter is not supported.");
  const size = Math.min(Number(query.get("pageSize") ?? 50), 100);
  const from = Number(query.get("pageToken") ?? 0);
  const all = settings.batches.newestFirst();
  const operations = [];
  for (const batch of all.slice(from, from + size)) {
    operations.push(operationBody(await publishedView(settings, batch)));
  }
  const next = from + size < all.length ? { nextPageToken: String(from + size) } : {};
  return { status: 200, json: { operations, ...next } };
}

async function create(
  settings: BatchSettings,
  { request, id: model }: Call,
  embeds: boolean,
): Promise<Reply> {
  const { batches, files, models, protocol } = settings;
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
  const id = settings.newId("", n).toLowerCase();
  const batch: StoredBatch = {
    id,
    n,
    provider: settings.provider,
    created: settings.clock(),
    cancel_requested: null,
    answered: null,
    plan: null,
    settled: null,
    published: false,
    fields: { model, embeds, display_name: displayName, input_file: name ?? null },
    ...settings.defaults,
  };
  batches.folder(id);
  // A second name for the same bytes: deleting the file takes nothing from a batch that runs.
  if (file) linkSync(file.path, protocol.requestsPath(batch));
  else writeFileSync(protocol.requestsPath(batch), inlineLines(inline ?? []));
  batches.save(batch);
  settings.runner.start(batch);
  return { status: 200, json: operationBody(await settings.runner.view(batch)) };
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
