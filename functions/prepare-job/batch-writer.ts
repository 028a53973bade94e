/** Cuts a job into batches within the provider's limits, and streams each to S3. */
import { formatEntry } from "../../shared/index-line.ts";
import { indexKey, requestKey, tagOf, wireId } from "../../shared/keys.ts";
import type { JobSpec } from "../../shared/models.ts";
import { ObjectWriter } from "../../shared/object-writer.ts";
import {
  InvalidItemError,
  type ProviderFormat,
  type RequestSource,
} from "../../shared/providers/provider.ts";

/** The batch being written. */
interface OpenBatch {
  tag: string;
  request: ObjectWriter;
  index: ObjectWriter;
  requests: number;
  weight: number;
}

/** Writes items and invalid lines, in input order, into as few batches as the limits allow. */
export class BatchWriter {
  readonly #closed: number[];
  readonly #maxBytes: number;
  #batch: OpenBatch | undefined;
  readonly #job: string;
  readonly #spec: JobSpec;
  readonly #format: ProviderFormat;

  /**
   * `closed`: requests of each batch that an earlier run wrote. `maxBytes`: bytes that a batch should
   * not exceed, where that is less than the provider's limit; an item that is larger goes alone.
   */
  constructor(job: string, spec: JobSpec, format: ProviderFormat, closed: number[] = [], maxBytes?: number) {
    this.#job = job;
    this.#spec = spec;
    this.#format = format;
    this.#closed = [...closed];
    this.#maxBytes = Math.min(format.limits.max_bytes, maxBytes ?? Number.POSITIVE_INFINITY);
  }

  /** Requests of each batch that is written, earlier runs' included. */
  get closed(): number[] {
    return [...this.#closed];
  }

  /**
   * Adds an item; begins a new batch when it does not fit into the open one.
   * @returns false when `pause` is set and the open batch was ended: the item was not added
   * @throws InvalidItemError when the provider would refuse it, or when it alone is over the limit
   */
  async add(line: number, custom_id: string, source: RequestSource, pause = false): Promise<boolean> {
    const { framing, limits } = this.#format;
    const weight = this.#format.weight(source, this.#spec);
    let batch = this.#batch;
    let text = this.#request(source, batch?.tag ?? tagOf(this.#job, this.#closed.length + 1, 1), line);
    if (weight > limits.max_requests) {
      throw new InvalidItemError(
        "input",
        `${weight} inputs in one request; the provider's limit for a batch is ${limits.max_requests}`,
      );
    }
    const ends = framing.open.length + framing.close.length;
    if (!fits(text, limits.max_bytes - ends)) {
      throw new InvalidItemError(
        "line",
        `the request has ${Buffer.byteLength(text)} bytes; the provider's limit for a batch is ${limits.max_bytes}`,
      );
    }
    if (batch) {
      const room = this.#maxBytes - batch.request.bytes - framing.separator.length - framing.close.length;
      if (batch.weight + weight > limits.max_requests || !fits(text, room)) {
        await this.#close(batch);
        if (pause) return false;
        batch = undefined;
      }
    }
    if (!batch) {
      batch = await this.#open();
      text = this.#request(source, batch.tag, line);
    }
    if (batch.requests > 0) await batch.request.write(framing.separator);
    await batch.request.write(text);
    await batch.index.write(formatEntry([line, custom_id]));
    batch.requests++;
    batch.weight += weight;
    return true;
  }

  /** Adds a line that is not sent. */
  async addInvalid(line: number, custom_id: string, error: string): Promise<void> {
    const batch = this.#batch ?? (await this.#open());
    await batch.index.write(formatEntry([line, custom_id, error]));
  }

  /** Ends the last batch. @returns the number of requests in each batch */
  async finish(): Promise<number[]> {
    if (this.#batch) await this.#close(this.#batch);
    return this.#closed;
  }

  /** Gives up what is open, after an error. */
  async abort(): Promise<void> {
    await Promise.allSettled([this.#batch?.request.abort(), this.#batch?.index.abort()]);
  }

  #request(source: RequestSource, tag: string, line: number): string {
    return this.#format.request(source, this.#spec, wireId(tag, line));
  }

  async #open(): Promise<OpenBatch> {
    const number = this.#closed.length + 1;
    const batch: OpenBatch = {
      tag: tagOf(this.#job, number, 1),
      request: new ObjectWriter(requestKey(this.#job, number, 1)),
      index: new ObjectWriter(indexKey(this.#job, number)),
      requests: 0,
      weight: 0,
    };
    this.#batch = batch;
    await batch.request.write(this.#format.framing.open);
    return batch;
  }

  async #close(batch: OpenBatch): Promise<void> {
    await batch.request.write(this.#format.framing.close);
    // The index first: a request file whose index is missing could never be joined.
    await batch.index.close();
    await batch.request.close();
    this.#closed.push(batch.requests);
    this.#batch = undefined;
  }
}

/**
 * Whether a text has at most `room` bytes in UTF-8. Three bytes is the most that a character of a string takes:
 * nearly always there is room without counting.
 */
function fits(text: string, room: number): boolean {
  return text.length * 3 <= room || Buffer.byteLength(text) <= room;
}
