/** A simulated provider as its clients see it: its batches and its files. What differs between protocols is in `*-api.ts`. */
import type { ProviderName } from "../../shared/models.ts";
import {
  answered,
  errorBody,
  LINES,
  messageOf,
  resultLine,
  type SimulatedProtocol,
  spoiled,
} from "./forms.ts";
import { type Ending, type SimulatedBatch, SimulatedBatches } from "./provider-batches.ts";
import { type ApiAnswer, type ApiRequest, type SimulatedApi, withoutLastLine } from "./provider-http.ts";
import { ItemFates, type SimulatedItem } from "./provider-items.ts";
import type { Random } from "./random.ts";
import { SIMULATED } from "./simulated-providers.ts";
import type { World } from "./world.ts";

/** A request's path and method. */
export type Route = Pick<ApiRequest, "method" | "path">;

/** One provider of a simulation. */
export abstract class SimulatedService implements SimulatedApi {
  readonly provider: ProviderName;
  readonly protocol: SimulatedProtocol;
  readonly batches: SimulatedBatches;
  readonly files = new Map<string, Buffer>();
  /** Files that go by themselves: uploads within days, results when the create said so. */
  readonly passing = new Set<string>();
  protected readonly world: World;
  protected readonly random: Random;
  /** Who uploaded a file, or whose batch made it. */
  readonly #owners = new Map<string, string>();
  #count = 0;

  constructor(provider: ProviderName, world: World, random: Random) {
    this.provider = provider;
    this.world = world;
    this.random = random;
    const { protocol, traits } = SIMULATED[provider];
    this.protocol = protocol;
    const publish = (batch: SimulatedBatch) => this.#publish(batch);
    this.batches = new SimulatedBatches(world, random, new ItemFates(world, random), traits, publish);
  }

  abstract operation(route: Route): string;
  abstract answer(request: ApiRequest): ApiAnswer;
  /** Keeps the lines of an ended batch, errors apart where the protocol has them so. */
  protected abstract keep(batch: SimulatedBatch, name: "output" | "error", file: Buffer): void;

  /** Whether a batch has a file of errors without errors in it. */
  protected hasErrorFile(_batch: SimulatedBatch): boolean {
    return false;
  }

  error(status: number, message: string): unknown {
    return errorBody(this.protocol, status, message);
  }

  protected problem(status: number, message: string): ApiAnswer {
    return { status, json: this.error(status, message) };
  }

  /** A request in real time: the answer that would stand in a result line. */
  protected ask({ path, body }: ApiRequest): ApiAnswer {
    const item = this.batches.askNow(messageOf(JSON.parse(body.toString("utf8"))));
    const answer = answered(this.provider, path, item.message, item.outcome, this.random);
    const { body: json } = item.outcome === "absurd" ? spoiled({ body: answer.body }, this.random) : answer;
    const onTaken = () => {
      item.delivered = true;
    };
    return { status: answer.status, json, onTaken };
  }

  protected next(prefix: string): string {
    return `${prefix}${++this.#count}`;
  }

  protected addFile(bytes: Buffer, key: string): string {
    const id = this.next("file-");
    this.#owners.set(id, key);
    this.files.set(id, bytes);
    return id;
  }

  protected file(id: string, key: string): Buffer | undefined {
    return this.#owners.get(id) === key ? this.files.get(id) : undefined;
  }

  /** A batch's results, which may lack their last lines for a while. */
  protected asItIsNow(file: Buffer, batch: SimulatedBatch | undefined): Buffer {
    return batch && this.world.time.now < batch.linesAt ? withoutLastLine(file) : file;
  }

  /** A page of a list; small ones: a job must not rely on what it looks for being on the first. */
  protected page(all: SimulatedBatch[], start: number): { page: SimulatedBatch[]; more: boolean } {
    const page = all.slice(start, start + 2);
    return { page, more: start + page.length < all.length };
  }

  #publish(batch: SimulatedBatch): void {
    if (!LINES[this.protocol].separateErrors) {
      this.#write(batch, "output", batch.items);
      return;
    }
    const isError = ({ outcome }: SimulatedItem) =>
      ["rejected", "overloaded", "unrun"].includes(String(outcome));
    const [output, errors] = [batch.items.filter((item) => !isError(item)), batch.items.filter(isError)];
    if (output.length > 0) this.#write(batch, "output", output);
    if (errors.length > 0 || this.hasErrorFile(batch)) this.#write(batch, "error", errors);
  }

  #write(batch: SimulatedBatch, name: "output" | "error", items: SimulatedItem[]): void {
    const { provider, random } = this;
    const from = { id: batch.id, endpoint: String(batch.fields.endpoint) };
    const lines = items.flatMap((item) => {
      const text = resultLine(provider, from, item, batch.state as Ending, random);
      return text === null ? [] : [{ item, text }];
    });
    const file = this.batches.fates.mangle(lines, (random) => {
      const tag = items[0]?.custom_id.split("-")[0];
      const ids = [`0123456789abcdef-${random.int(1, 9)}`, `${tag}-9999`, `${tag}-0`, `${tag}-1x`, null];
      const custom_id = random.pick(ids) as string;
      const theirs = { message: "somebody else's", outcome: "answered", delivered: false, body: {} } as const;
      return resultLine(provider, from, { ...theirs, custom_id }, "completed", random) as string;
    });
    this.keep(batch, name, Buffer.from(file.map((line) => `${line}\n`).join("")));
  }
}
