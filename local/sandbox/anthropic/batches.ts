import { ApiError } from "../api-error.ts";
import type { StoredBatch } from "../batch.ts";
import { addBatch, type BatchStore } from "../batch-store.ts";
import { type Call, type Reply, type Route, replyWith, route } from "../http.ts";
import { pageCursor, pageLimit } from "../paging.ts";
import { scheduleOf } from "../schedule.ts";
import { requestsPath } from "../settle.ts";
import { batchBody, RESULTS_KEPT } from "./batch-body.ts";
import { isBeta } from "./realtime.ts";
import { receiveRequests } from "./receive.ts";

const PATH = "/v1/messages/batches";

/** `/v1/messages/batches` of Anthropic's API. */
export function batchRoutes(store: BatchStore): Route[] {
  const { batches, runner } = store;
  const missing = (id: string) =>
    new ApiError(404, `Message batch ${id} not found.`, { type: "not_found_error" });
  const find = (id: string) => batches.require(id, () => missing(id));
  async function reply(batch: StoredBatch, { origin }: Call): Promise<Reply> {
    return replyWith(batchBody(await runner.view(batch), origin + store.prefix));
  }
  return [
    route("POST", PATH, "batches.create", (call) => create(store, call)),
    route("GET", PATH, "batches.list", (call) => list(store, call)),
    route("GET", `${PATH}/:id`, "batches.retrieve", async (call) => reply(find(call.id), call)),
    route("POST", `${PATH}/:id/cancel`, "batches.cancel", async (call) => {
      const batch = find(call.id);
      const { ended } = await runner.view(batch);
      if (ended) throw new ApiError(400, `Batch ${batch.id} cannot be canceled: its processing has ended.`);
      runner.cancel(batch);
      return reply(batch, call);
    }),
    route("GET", `${PATH}/:id/results`, "batches.results", async ({ id }) => {
      const batch = find(id);
      const { now, ended, settled } = await runner.view(batch);
      if (!ended || !settled || now >= batch.created + RESULTS_KEPT) {
        throw new ApiError(404, `Batch ${id} has no available results.`, { type: "not_found_error" });
      }
      const path = runner.resultPaths(batch, settled).output;
      return { status: 200, file: { path, bytes: settled.output_bytes, type: "application/x-jsonl" } };
    }),
    route("DELETE", `${PATH}/:id`, "batches.delete", async ({ id }) => {
      const { ended } = await runner.view(find(id));
      if (!ended) throw new ApiError(400, `Batch ${id} cannot be deleted before its processing has ended.`);
      batches.remove(id);
      return replyWith({ id, type: "message_batch_deleted" });
    }),
  ];
}

async function list({ prefix, batches, runner }: BatchStore, { query, origin }: Call): Promise<Reply> {
  const limit = pageLimit(query, 20, 1000);
  const after = pageCursor(batches, query, "after_id") ?? Number.POSITIVE_INFINITY;
  const before = pageCursor(batches, query, "before_id");
  const all = batches.newestFirst();
  const rest = all.filter(({ n }) => (before === null ? n < after : n > before));
  // The page right before a batch: the ones just newer than it.
  const page = before === null ? rest.slice(0, limit) : rest.slice(-limit);
  const data = [];
  for (const batch of page) data.push(batchBody(await runner.view(batch), origin + prefix));
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return replyWith({ data, has_more: rest.length > limit, ...ends });
}

async function create(store: BatchStore, { request, origin }: Call): Promise<Reply> {
  const { batches, clock, limits, runner } = store;
  const n = batches.next();
  const id = store.newId("msgbatch_", n);
  const path = requestsPath(batches.folder(id));
  try {
    const { requests, model } = await receiveRequests(request, path, limits);
    checkQueue(batches.newestFirst(), requests, clock(), limits.anthropic_queued_requests);
    const plan = { requests, model, prompt_tokens: 0, errors: [] };
    const fields = isBeta(request.headers) ? { beta: true } : {};
    // There are no files of their own to publish.
    const batch = addBatch(store, { id, n, plan, fields, published: true });
    return replyWith(batchBody(await runner.view(batch), origin + store.prefix));
  } catch (error) {
    if (!batches.get(id)) batches.remove(id);
    throw error;
  }
}

function checkQueue(all: StoredBatch[], requests: number, now: number, limit: number | null): void {
  if (limit === null) return;
  let queued = requests;
  for (const batch of all)
    if (batch.plan && scheduleOf(batch, batch.plan).ended > now) queued += batch.plan.requests;
  if (queued <= limit) return;
  const message = `This request would exceed your limit of ${limit} batch requests in the processing queue.`;
  throw new ApiError(429, message, { type: "rate_limit_error", headers: { "retry-after": "30" } });
}
