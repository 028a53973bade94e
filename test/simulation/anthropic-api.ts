/** Anthropic's message batches, as far as Nightshift uses them. */
import { ABSURD, answerTo, lineText } from "./answers.ts";
import { type SimulatedBatch, SimulatedBatches } from "./provider-batches.ts";
import { type ApiAnswer, type ApiRequest, type SimulatedApi, withoutLastLine } from "./provider-http.ts";
import { ItemFates, type SimulatedItem } from "./provider-items.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

type Json = Record<string, unknown>;

interface RequestBody {
  requests: { custom_id: string; params: { messages: { content: string }[] } }[];
}

/** The simulated Anthropic. */
export class AnthropicApi implements SimulatedApi {
  readonly batches: SimulatedBatches;
  #count = 0;
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    const publish = (batch: SimulatedBatch) => this.#publish(batch);
    this.batches = new SimulatedBatches(world, random, new ItemFates(world, random), {
      validates: false,
      publish,
    });
  }

  operation({ method, path }: Pick<ApiRequest, "method" | "path">): string {
    if (path === "/v1/messages/batches") return method === "POST" ? "batches.create" : "batches.list";
    if (path === "/v1/messages") return "ask";
    if (path.endsWith("/results")) return "batches.results";
    return path.endsWith("/cancel") ? "batches.cancel" : "batches.retrieve";
  }

  answer(request: ApiRequest): ApiAnswer {
    const id = request.path.split("/")[4] ?? "";
    const operation = this.operation(request);
    if (operation === "batches.create") return this.#create(request);
    if (operation === "ask") return this.#ask(request);
    if (operation === "batches.list") return this.#list(request);
    const batch = this.batches.get(id, request.key);
    if (!batch) return { status: 404, json: this.error(404, "no such batch") };
    if (operation === "batches.results") {
      const { now } = this.#world.time;
      if (batch.ended === null || now < batch.filesAt)
        return { status: 404, json: this.error(404, "no results yet") };
      const file = batch.fields.results as Buffer;
      return { status: 200, file: now < batch.linesAt ? withoutLastLine(file) : file };
    }
    if (operation === "batches.cancel" && !this.batches.cancel(batch)) {
      return { status: 409, json: this.error(409, "the batch has ended") };
    }
    return { status: 200, json: this.#shown(batch) };
  }

  /** A request in real time: the message of a result line, or its error. */
  #ask({ body }: ApiRequest): ApiAnswer {
    const { messages } = JSON.parse(body.toString("utf8")) as { messages: { content: string }[] };
    const item = this.batches.askNow(messages.at(-1)?.content ?? "");
    const onTaken = () => {
      item.delivered = true;
    };
    const status = item.outcome === "rejected" ? 400 : item.outcome === "overloaded" ? 529 : 200;
    if (status !== 200) return { status, json: this.error(status, "simulated"), onTaken };
    return { status: 200, json: this.#result(item, "completed").message, onTaken };
  }

  #shown(batch: SimulatedBatch): Json {
    return { ...shown(batch), ...(this.#world.time.now < batch.filesAt && { results_url: null }) };
  }

  error(status: number, message: string): unknown {
    const types: Record<number, string> = {
      400: "invalid_request_error",
      404: "not_found_error",
      409: "invalid_request_error",
      429: "rate_limit_error",
    };
    return { type: "error", error: { type: types[status] ?? "api_error", message } };
  }

  #create({ headers, body, key }: ApiRequest): ApiAnswer {
    if (Number(headers.get("content-length")) !== body.length)
      throw new Error("content-length is not the body's length");
    const { requests } = JSON.parse(body.toString("utf8")) as RequestBody;
    const ids = new Set(requests.map(({ custom_id }) => custom_id));
    if (ids.size !== requests.length)
      return { status: 400, json: this.error(400, "custom_id must be unique") };
    const items = requests.map(({ custom_id, params }) => ({
      custom_id,
      message: params.messages.at(-1)?.content ?? "",
    }));
    if (this.#world.faults.strikes("account refused", 0.3))
      return { status: 400, json: this.error(400, "Your credit balance is too low to access the API.") };
    const at = this.batches.fates.refusedIn(items.map(({ message }) => message));
    const where = at % 2 === 0 ? `requests.${at}.params: ` : "";
    if (at >= 0) return { status: 400, json: this.error(400, `${where}simulated`) };
    return { status: 200, json: this.#shown(this.#made(key, items)) };
  }

  /** Makes a batch; somebody else may make one like it at the same moment. */
  #made(key: string, items: { custom_id: string; message: string }[]): SimulatedBatch {
    const make = (made: typeof items) => this.batches.create(`msgbatch_${++this.#count}`, key, made, 0, {});
    const theirs = items.map((_, at) => ({
      custom_id: `theirs-${at}`,
      message: `theirs ${this.#count}/${at}`,
    }));
    const strikes = this.#world.faults.strikes("somebody else's batch", 0.5);
    if (strikes && this.#random.chance(0.5)) make(theirs);
    const ours = make(items);
    if (strikes) make(theirs);
    return ours;
  }

  #list({ query, key }: ApiRequest): ApiAnswer {
    const all = this.batches.listed(key);
    const start = query.has("after_id")
      ? all.findIndex((batch) => batch.id === query.get("after_id")) + 1
      : 0;
    // Small pages: a job must not rely on what it looks for being on the first.
    const page = all.slice(start, start + 2);
    const has_more = start + page.length < all.length;
    return {
      status: 200,
      json: {
        data: page.map((batch) => this.#shown(batch)),
        has_more,
        first_id: page[0]?.id ?? null,
        last_id: page.at(-1)?.id ?? null,
      },
    };
  }

  #publish(batch: SimulatedBatch): void {
    const lines = batch.items.map((item) => ({
      item,
      text: lineText({ custom_id: item.custom_id, result: this.#result(item, batch.state) }),
    }));
    const file = this.batches.fates.mangle(lines, (random) => {
      const tag = batch.items[0]?.custom_id.split("-")[0];
      const custom_id = random.pick([
        `0123456789abcdef-${random.int(1, 9)}`,
        `${tag}-9999`,
        `${tag}-0`,
        `${tag}-1x`,
        null,
      ]);
      return JSON.stringify({
        custom_id,
        result: { type: "succeeded", message: messageWith("somebody else's") },
      });
    });
    batch.fields.results = Buffer.from(file.map((line) => `${line}\n`).join(""));
  }

  /** A result of which some part is absurd. */
  #absurd(): Json {
    const absurd = () => this.#random.pick(ABSURD);
    return this.#random.pick<() => Json>([
      () => ({ type: "succeeded", message: absurd() }),
      () => ({ type: "succeeded", message: { ...messageWith(""), content: absurd() } }),
      () => ({ type: "succeeded", message: { ...messageWith(""), usage: absurd() } }),
      () => ({
        type: "succeeded",
        message: { ...messageWith(""), content: [{ type: "tool_use", input: absurd() }] },
      }),
      () => ({ type: absurd(), message: absurd() }),
    ])();
  }

  #result({ message, outcome }: SimulatedItem, state: string): Json {
    const error = (type: string) => ({
      type: "errored",
      error: { type: "error", error: { type, message: "simulated" }, request_id: "r" },
    });
    switch (outcome) {
      case "answered":
        return { type: "succeeded", message: messageWith(answerTo(message)) };
      case "refused":
        return { type: "succeeded", message: { ...messageWith(""), stop_reason: "refusal" } };
      case "odd":
        return { type: "succeeded", message: null };
      case "absurd":
        return this.#absurd();
      case "rejected":
        return error("invalid_request_error");
      case "overloaded":
        return error(this.#random.pick(["overloaded_error", "api_error", "rate_limit_error"]));
      default:
        return { type: state === "expired" ? "expired" : "canceled" };
    }
  }
}

function messageWith(text: string): Json {
  const usage = { input_tokens: 1, output_tokens: 2 };
  return {
    type: "message",
    role: "assistant",
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    usage,
  };
}

/** Counts stay in `processing` until the whole batch has ended. */
function shown(batch: SimulatedBatch): Json {
  const count = (...outcomes: string[]) =>
    batch.items.filter(({ outcome }) => outcome && outcomes.includes(outcome)).length;
  const { state, ended, cancelled, created } = batch;
  const unrun = ended === null ? 0 : count("unrun");
  const date = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  return {
    id: batch.id,
    type: "message_batch",
    processing_status: ended !== null ? "ended" : state === "cancelling" ? "canceling" : "in_progress",
    created_at: date(created),
    ended_at: date(ended),
    cancel_initiated_at: date(cancelled),
    archived_at: null,
    results_url: ended === null ? null : `https://api.anthropic.com/v1/messages/batches/${batch.id}/results`,
    request_counts: {
      processing: ended === null ? batch.items.length : 0,
      succeeded: ended === null ? 0 : count("answered", "refused", "odd", "absurd"),
      errored: ended === null ? 0 : count("rejected", "overloaded"),
      expired: state === "expired" ? unrun : 0,
      canceled: state === "cancelled" ? unrun : 0,
    },
  };
}
