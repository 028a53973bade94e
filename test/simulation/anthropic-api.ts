/** Anthropic's message batches, as far as Nightshift uses them. */
import { batchBody } from "../../local/sandbox/anthropic/batch-body.ts";
import { viewOf } from "./batch-view.ts";
import { requestsIn } from "./forms.ts";
import type { SimulatedBatch } from "./provider-batches.ts";
import type { ApiAnswer, ApiRequest } from "./provider-http.ts";
import type { SentItem } from "./provider-items.ts";
import { type Route, SimulatedService } from "./service.ts";

/** The simulated Anthropic. */
export class AnthropicApi extends SimulatedService {
  operation({ method, path }: Route): string {
    if (path === "/v1/messages/batches") return method === "POST" ? "batches.create" : "batches.list";
    if (path === "/v1/messages") return "ask";
    if (path.endsWith("/results")) return "batches.results";
    return path.endsWith("/cancel") ? "batches.cancel" : "batches.retrieve";
  }

  answer(request: ApiRequest): ApiAnswer {
    const id = request.path.split("/")[4] ?? "";
    const operation = this.operation(request);
    if (operation === "batches.create") return this.#create(request);
    if (operation === "ask") return this.ask(request);
    if (operation === "batches.list") return this.#list(request);
    const batch = this.batches.get(id, request.key);
    if (!batch) return this.problem(404, "no such batch");
    if (operation === "batches.results") {
      if (batch.ended === null || this.world.time.now < batch.filesAt)
        return this.problem(404, "no results yet");
      return { status: 200, file: this.asItIsNow(batch.fields.results as Buffer, batch) };
    }
    if (operation === "batches.cancel" && !this.batches.cancel(batch))
      return this.problem(409, "the batch has ended");
    return { status: 200, json: this.#shown(batch) };
  }

  #shown(batch: SimulatedBatch): unknown {
    const { now } = this.world.time;
    const late = now < batch.filesAt && { results_url: null };
    return { ...batchBody(viewOf(batch, now), "https://api.anthropic.com"), ...late };
  }

  #create({ headers, body, key }: ApiRequest): ApiAnswer {
    if (Number(headers.get("content-length")) !== body.length)
      throw new Error("content-length is not the body's length");
    const { requests } = JSON.parse(body.toString("utf8")) as { requests: unknown[] };
    const items = requestsIn(
      this.protocol,
      requests.map((request) => JSON.stringify(request)),
    );
    const ids = new Set(items.map(({ custom_id }) => custom_id));
    if (ids.size !== items.length) return this.problem(400, "custom_id must be unique");
    if (this.world.faults.strikes("account refused", 0.3))
      return this.problem(400, "Your credit balance is too low to access the API.");
    const at = this.batches.fates.refusedIn(items.map(({ message }) => message));
    if (at >= 0) return this.problem(400, `${at % 2 === 0 ? `requests.${at}.params: ` : ""}simulated`);
    return { status: 200, json: this.#shown(this.#made(key, items)) };
  }

  /** Makes a batch; somebody else may make one like it at the same moment. */
  #made(key: string, items: SentItem[]): SimulatedBatch {
    const make = (made: SentItem[]) => this.batches.create(this.next("msgbatch_"), key, made, {});
    const mark = this.batches.all.length;
    const theirs = items.map((_, at) => ({ custom_id: `theirs-${at}`, message: `theirs ${mark}/${at}` }));
    const strikes = this.world.faults.strikes("somebody else's batch", 0.5);
    if (strikes && this.random.chance(0.5)) make(theirs);
    const ours = make(items);
    if (strikes) make(theirs);
    return ours;
  }

  #list({ query, key }: ApiRequest): ApiAnswer {
    const all = this.batches.listed(key);
    const { page, more } = this.page(all, all.findIndex(({ id }) => id === query.get("after_id")) + 1);
    const [first_id, last_id] = [page[0]?.id ?? null, page.at(-1)?.id ?? null];
    const data = page.map((batch) => this.#shown(batch));
    return { status: 200, json: { data, has_more: more, first_id, last_id } };
  }

  protected keep(batch: SimulatedBatch, _name: string, file: Buffer): void {
    batch.fields.results = file;
  }
}
