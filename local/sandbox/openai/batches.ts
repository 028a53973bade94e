import { linkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ApiError } from "../api-error.ts";
import type { StoredBatch } from "../batch.ts";
import { digest } from "../chance.ts";
import type { Call, Reply, Route } from "../http.ts";
import { readJson } from "../http.ts";
import { pageCursor, pageLimit } from "../paging.ts";
import type { SandboxProvider } from "../providers.ts";
import type { Records } from "../records.ts";
import type { BatchView, Runner } from "../runner.ts";
import { batchBody } from "./batch-body.ts";
import { readCreate } from "./create-params.ts";
import type { Dialect } from "./dialect.ts";
import type { StoredFile } from "./files.ts";

/** What the batch routes need of their surroundings. */
export interface BatchSettings {
  provider: SandboxProvider;
  batches: Records<StoredBatch>;
  files: Records<StoredFile>;
  runner: Runner;
  clock: () => number;
  /** An id for the n-th record. */
  newId: (prefix: string, n: number) => string;
  batchesPerHour: number;
  dialect: Dialect;
  requestsPath: (batch: StoredBatch) => string;
  /** The parts of a new record that the options decide. */
  defaults: Pick<StoredBatch, "latency" | "lifetime" | "upstream">;
}

/** `/batches` of OpenAI's API. */
export function batchRoutes(settings: BatchSettings): Route[] {
  const { batches, runner, dialect } = settings;
  async function reply(batch: StoredBatch): Promise<Reply> {
    return { status: 200, json: await bodyOf(settings, batch) };
  }
  function find(id: string): StoredBatch {
    const batch = batches.get(id);
    if (!batch) throw new ApiError(404, `No batch found with id '${id}'.`);
    return batch;
  }
  return [
    {
      method: "POST",
      path: "/batches",
      operation: "batches.create",
      handle: (call) => create(settings, call),
    },
    {
      method: "GET",
      path: "/batches",
      operation: "batches.list",
      async handle({ query }) {
        if (!dialect.pages) {
          const all = await Promise.all(batches.newestFirst().map((batch) => bodyOf(settings, batch)));
          return { status: 200, json: dialect.listed?.(all) ?? { object: "list", data: all } };
        }
        const limit = pageLimit(query, 20, 100);
        const after = pageCursor(batches, query, "after") ?? Number.POSITIVE_INFINITY;
        const older = batches.newestFirst().filter(({ n }) => n < after);
        const data = [];
        const page = older.slice(0, limit);
        for (const batch of page) data.push(await bodyOf(settings, batch));
        const ends = { first_id: page[0]?.id ?? null, last_id: page.at(-1)?.id ?? null };
        return { status: 200, json: { object: "list", data, ...ends, has_more: older.length > limit } };
      },
    },
    {
      method: "GET",
      path: "/batches/:id",
      operation: "batches.retrieve",
      handle: async ({ id }) => reply(find(id)),
    },
    {
      method: "POST",
      path: "/batches/:id/cancel",
      operation: "batches.cancel",
      async handle({ id }) {
        const batch = find(id);
        const { ended, schedule } = await runner.view(batch);
        if (ended) throw new ApiError(409, `Cannot cancel a batch with status '${schedule?.outcome}'.`);
        if (batch.cancel_requested === null) runner.cancel(batch);
        return reply(batch);
      },
    },
  ];
}

/** The service's form of a batch as it stands. */
async function bodyOf(settings: BatchSettings, batch: StoredBatch): Promise<unknown> {
  return settings.dialect.batch(batchBody(await publishedView(settings, batch)));
}

/** The batch as it stands; once it has ended, its result files exist. */
export async function publishedView(settings: BatchSettings, batch: StoredBatch): Promise<BatchView> {
  const view = await settings.runner.view(batch);
  if (settings.dialect.earlyOutput) await publishEarly(settings, view);
  if (view.ended && view.settled && !batch.published) publish(settings, view);
  return view;
}

/** Names the output file of a batch that runs; it is empty until the end. */
async function publishEarly(
  settings: BatchSettings,
  { batch, now, plan, schedule }: BatchView,
): Promise<void> {
  if (batch.fields["output_file_id"] || !plan || plan.errors.length > 0) return;
  if (!schedule || now < schedule.started) return;
  const path = join(settings.batches.folder(batch.id), "early.jsonl");
  await writeFile(path, "");
  batch.fields["output_file_id"] = saveResults(settings, batch, "output", path, 0, now);
  settings.batches.save(batch);
}

/** Saves a file of results. @returns its id */
function saveResults(
  { files }: BatchSettings,
  batch: StoredBatch,
  kind: "output" | "error",
  path: string,
  bytes: number,
  created: number,
): string {
  const keptFor = (batch.fields["output_expires_after"] as { seconds: number } | undefined)?.seconds;
  const id = `file-${digest(kind, batch.id).slice(0, 24)}`;
  files.folder(id);
  files.save({
    id,
    n: files.next(),
    created,
    expires: keptFor === undefined ? null : created + keptFor * 1000,
    filename: `${batch.id}_${kind}.jsonl`,
    bytes,
    purpose: "batch_output",
    path,
  });
  return id;
}

function publish(settings: BatchSettings, { batch, schedule, settled }: BatchView): void {
  if (!settled || !schedule) return;
  const paths = settings.runner.resultPaths(batch, settled);
  const { emptyErrorFile } = settings.dialect;
  const made = [
    ["output", paths.output, settled.output_bytes],
    ["error", paths.errors, settled.error_bytes],
  ] as const;
  for (const [kind, path, bytes] of made) {
    const isEmptyError = emptyErrorFile && kind === "error" && schedule.outcome === "completed";
    if (bytes === 0 && !isEmptyError) continue;
    batch.fields[`${kind}_file_id`] = saveResults(settings, batch, kind, path, bytes, schedule.ended);
  }
  batch.published = true;
  settings.batches.save(batch);
}

async function create(settings: BatchSettings, { request }: Call): Promise<Reply> {
  const params = readCreate(await readJson(request), settings.dialect);
  const { batches, files, clock } = settings;
  const file = files.get(params.input_file_id);
  if (!file)
    throw new ApiError(404, `No such File object: ${params.input_file_id}`, { param: "input_file_id" });
  if (file.purpose !== settings.dialect.purpose) {
    throw new ApiError(
      400,
      `Invalid 'input_file_id': the file's purpose must be '${settings.dialect.purpose}'.`,
      {
        param: "input_file_id",
      },
    );
  }
  const created = clock();
  const lastHour = batches.newestFirst().filter((batch) => batch.created > created - 3600_000).length;
  if (lastHour >= settings.batchesPerHour) {
    const message = `Rate limit reached: ${settings.batchesPerHour} batches per hour.`;
    const details = { type: "requests", code: "rate_limit_exceeded", headers: { "retry-after": "60" } };
    throw new ApiError(429, message, details);
  }
  const n = batches.next();
  const id = settings.newId("batch_", n);
  const batch: StoredBatch = {
    id,
    n,
    provider: settings.provider,
    created,
    cancel_requested: null,
    answered: null,
    plan: null,
    settled: null,
    published: false,
    fields: { ...params },
    ...settings.defaults,
  };
  batches.folder(id);
  // A second name for the same bytes: deleting the input file takes nothing from a batch that runs.
  linkSync(file.path, settings.requestsPath(batch));
  batches.save(batch);
  settings.runner.start(batch);
  const made = await bodyOf(settings, batch);
  return { status: 200, json: settings.dialect.created?.(made) ?? made };
}
