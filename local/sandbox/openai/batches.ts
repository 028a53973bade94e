import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ApiError } from "../api-error.ts";
import type { StoredBatch } from "../batch.ts";
import { addBatch, type BatchStore, type EndedView, publishedView } from "../batch-store.ts";
import { type Call, type Reply, type Route, readJson, replyWith, route } from "../http.ts";
import { pageCursor, pageLimit } from "../paging.ts";
import type { Records } from "../records.ts";
import type { BatchView } from "../runner.ts";
import { batchBody } from "./batch-body.ts";
import { readCreate } from "./create-params.ts";
import type { Dialect } from "./dialect.ts";
import { type ResultsFile, resultFiles, type StoredFile, saveResults } from "./files.ts";

export interface BatchDeps extends BatchStore {
  files: Records<StoredFile>;
  dialect: Dialect;
}

/** `/batches` of OpenAI's API. */
export function batchRoutes(deps: BatchDeps): Route[] {
  const { batches, runner, dialect } = deps;
  async function reply(batch: StoredBatch): Promise<Reply> {
    return replyWith(await bodyOf(deps, batch));
  }
  const missing = (id: string) => new ApiError(404, `No batch found with id '${id}'.`);
  const find = (id: string) => batches.require(id, () => missing(id));
  return [
    route("POST", "/batches", "batches.create", (call) => create(deps, call)),
    route("GET", "/batches", "batches.list", async ({ query }) => {
      if (!dialect.pages) {
        const all = await Promise.all(batches.newestFirst().map((batch) => bodyOf(deps, batch)));
        return replyWith(dialect.listed?.(all) ?? { object: "list", data: all });
      }
      const limit = pageLimit(query, 20, 100);
      const after = pageCursor(batches, query, "after") ?? Number.POSITIVE_INFINITY;
      const older = batches.newestFirst().filter(({ n }) => n < after);
      const data = [];
      const page = older.slice(0, limit);
      for (const batch of page) data.push(await bodyOf(deps, batch));
      const ends = { first_id: page[0]?.id ?? null, last_id: page.at(-1)?.id ?? null };
      return replyWith({ object: "list", data, ...ends, has_more: older.length > limit });
    }),
    route("GET", "/batches/:id", "batches.retrieve", async ({ id }) => reply(find(id))),
    route("POST", "/batches/:id/cancel", "batches.cancel", async ({ id }) => {
      const batch = find(id);
      const { ended, schedule } = await runner.view(batch);
      if (ended) throw new ApiError(409, `Cannot cancel a batch with status '${schedule?.outcome}'.`);
      runner.cancel(batch);
      return reply(batch);
    }),
  ];
}

/** The service's form of a batch as it stands. */
async function bodyOf(deps: BatchDeps, batch: StoredBatch): Promise<unknown> {
  return deps.dialect.batch(batchBody(await batchView(deps, batch)));
}

/** The batch as it stands; once it has ended, its result files exist. */
export async function batchView(deps: BatchDeps, batch: StoredBatch): Promise<BatchView> {
  if (deps.dialect.earlyOutput) await publishEarly(deps, await deps.runner.view(batch));
  return publishedView(deps, batch, (view) => publish(deps, view));
}

/** Names the output file of a batch that runs; it is empty until the end. */
async function publishEarly(deps: BatchDeps, { batch, now, plan, schedule }: BatchView): Promise<void> {
  if (batch.fields["output_file_id"] || !plan || plan.errors.length > 0) return;
  if (!schedule || now < schedule.started) return;
  const path = join(deps.batches.folder(batch.id), "early.jsonl");
  await writeFile(path, "");
  const early: ResultsFile = { kind: "output", path, bytes: 0, created: now };
  batch.fields["output_file_id"] = saveResults(deps, batch, early, "file-");
  deps.batches.save(batch);
}

function publish(deps: BatchDeps, view: EndedView): void {
  const { batch, schedule } = view;
  for (const file of resultFiles(deps.runner, view)) {
    const isEmptyError =
      deps.dialect.emptyErrorFile && file.kind === "error" && schedule.outcome === "completed";
    if (file.bytes === 0 && !isEmptyError) continue;
    batch.fields[`${file.kind}_file_id`] = saveResults(deps, batch, file, "file-");
  }
}

async function create(deps: BatchDeps, { request }: Call): Promise<Reply> {
  const params = readCreate(await readJson(request), deps.dialect);
  const { batches, files, clock, limits } = deps;
  const file = files.get(params.input_file_id);
  if (!file)
    throw new ApiError(404, `No such File object: ${params.input_file_id}`, { param: "input_file_id" });
  if (file.purpose !== deps.dialect.purpose) {
    const message = `Invalid 'input_file_id': the file's purpose must be '${deps.dialect.purpose}'.`;
    throw new ApiError(400, message, { param: "input_file_id" });
  }
  const hourAgo = clock() - 3600_000;
  const lastHour = batches.newestFirst().filter((batch) => batch.created > hourAgo).length;
  if (lastHour >= limits.openai_batches_per_hour) {
    const message = `Rate limit reached: ${limits.openai_batches_per_hour} batches per hour.`;
    const details = { type: "requests", code: "rate_limit_exceeded", headers: { "retry-after": "60" } };
    throw new ApiError(429, message, details);
  }
  const n = batches.next();
  const own = { id: deps.newId("batch_", n), n, fields: { ...params } };
  const batch = addBatch(deps, own, { path: file.path });
  const made = await bodyOf(deps, batch);
  return replyWith(deps.dialect.created?.(made) ?? made);
}
