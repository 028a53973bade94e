/** Cuts a job into batches within the provider's limits, and streams each to where it is kept. */
import type { JobSpec } from "../../shared/models.ts";
import { emptyQuote, type Quote, quoteInRealTime } from "../../shared/money/quote.ts";
import type { TokenSample } from "../../shared/money/token-sample.ts";
import { addEntry } from "../../shared/objects/index-line.ts";
import { indexKey, requestKey, tagOf, wireId } from "../../shared/objects/keys.ts";
import {
  InvalidItemError,
  type ProviderFormat,
  type RequestFraming,
  type RequestSource,
} from "../../shared/providers/format.ts";
import { quoteRequest } from "../../shared/providers/quote-request.ts";
import { shownPrompt } from "../../shared/report/prompt-text.ts";
import { isSampled } from "../../shared/report/sample.ts";
import { Utf8Text } from "../../shared/streams/utf8-text.ts";
import { asksSmallRounds } from "../../shared/workflow/small-rounds.ts";
import { type MadeRequest, Requests } from "./requests.ts";

/** Where a file of a batch goes; see `ObjectWriter`. */
export interface BatchFile {
  /** Bytes written so far. */
  readonly bytes: number;
  /** Writes a whole request, or a whole line of the index. */
  write(text: string | Utf8Text): Promise<void> | undefined;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/** What is to be cut, and where to. */
export interface BatchWriting {
  job_id: string;
  spec: JobSpec;
  format: ProviderFormat;
  /** Opens the file of a key. */
  open: (key: string) => BatchFile;
  /** The batches that an earlier run wrote. */
  closed?: readonly Quote[];
  /** Bytes that a batch should not exceed, where that is less than the provider's limit. An item that is larger goes alone. */
  maxBytes?: number | undefined;
  /** See `MAX_LINES`. */
  maxLines?: number;
  /** Counts some requests' tokens; without it they are estimated by their bytes. */
  sample?: TokenSample;
}

/** The batch being written. */
interface OpenBatch {
  tag: string;
  request: BatchFile;
  index: BatchFile;
  quote: Quote;
  weight: number;
  lines: number;
}

/**
 * Most lines of a batch, valid or not, and most bytes of its index. A provider's limits bound the valid ones only. These let a
 * run stop, and a batch be collected, whatever the input is.
 */
const MAX_LINES = 100_000;
const MAX_INDEX_BYTES = 512 * 1024 * 1024;

/** A line of the input as the index has it. `input`: its carried columns as JSON text. */
export interface IndexedLine {
  line: number;
  custom_id: string;
  input?: string | Utf8Text | undefined;
}

/** Writes items and invalid lines, in input order, into as few batches as the limits allow. */
export class BatchWriter {
  readonly #closed: Quote[];
  readonly #maxBytes: number;
  readonly #maxLines: number;
  #batch: OpenBatch | undefined;
  readonly #writing: BatchWriting;
  readonly #requests: Requests;
  readonly #line = new Utf8Text();

  constructor(writing: BatchWriting) {
    const { closed = [], format, maxBytes = Number.POSITIVE_INFINITY, maxLines = MAX_LINES } = writing;
    this.#maxLines = maxLines;
    this.#writing = writing;
    this.#requests = new Requests(format, writing.spec);
    this.#closed = [...closed];
    this.#maxBytes = Math.min(format.limits.max_bytes, maxBytes);
  }

  /** What each batch that is written costs at most, earlier runs' included. */
  get closed(): Quote[] {
    return [...this.#closed];
  }

  /** How many batches are written. */
  get batches(): number {
    return this.#closed.length;
  }

  /**
   * Adds an item; begins a new batch when it does not fit into the open one. It gives a promise only where there is something to
   * wait for. A promise for each row takes as long as much of the rest.
   * @returns false when `pause` is set and the open batch was ended: the item was not added
   * @throws InvalidItemError at once, when the provider would refuse it, or when it alone is over the limit
   */
  add(entry: IndexedLine, source: RequestSource, pause = false): true | Promise<boolean> {
    const { framing, limits } = this.#writing.format;
    const request = this.#requests.of(source);
    const { weight } = request;
    const batch = this.#batch;
    const between = betweenOf(batch, framing);
    const text = request.text(wireId(batch?.tag ?? this.#tag(), entry.line), between);
    const bytes = text.bytes - between.length;
    if (weight > limits.max_requests) {
      throw new InvalidItemError(
        "input",
        `${weight} inputs in one request; the provider's limit for a batch is ${limits.max_requests}`,
      );
    }
    if (bytes > limits.max_bytes - framing.open.length - framing.close.length) {
      throw new InvalidItemError(
        "line",
        `the request has ${bytes} bytes; the provider's limit for a batch is ${limits.max_bytes}`,
      );
    }
    if (!batch) return this.#addToNext(entry, request);
    const room = this.#maxBytes - batch.request.bytes - framing.separator.length - framing.close.length;
    const fitsIn = batch.weight + weight <= limits.max_requests && bytes <= room;
    if (this.#isFull(batch) || (batch.quote.requests > 0 && !fitsIn))
      return this.#close(batch).then(() => (pause ? false : this.#addToNext(entry, request)));
    return this.#append(batch, entry, request, text, between);
  }

  async #addToNext(entry: IndexedLine, request: MadeRequest): Promise<boolean> {
    const batch = await this.#open();
    return this.#append(batch, entry, request, request.text(wireId(batch.tag, entry.line)), "");
  }

  #append(
    batch: OpenBatch,
    entry: IndexedLine,
    request: MadeRequest,
    text: Utf8Text,
    between: string,
  ): true | Promise<true> {
    const { spec, sample } = this.#writing;
    const bytes = text.bytes - between.length;
    // A job has at least as many lines as were read: it samples no line but these.
    const isShown = isSampled(entry.line, entry.line);
    const prompt = isShown ? shownPrompt(text.view.subarray(between.length)) : undefined;
    const writing = batch.request.write(text);
    const indexing = this.#index(batch, entry, undefined, prompt);
    const counting = sample?.pass(request.body, bytes);
    const count = (): true => {
      quoteRequest(batch.quote, request.cost, bytes, spec, sample?.bytesPerToken);
      batch.weight += request.weight;
      return true;
    };
    return writing || indexing || counting ? Promise.all([writing, indexing, counting]).then(count) : count();
  }

  /**
   * Adds a line that is not sent.
   * @returns false when `pause` is set and the open batch was ended: the line was not added
   */
  async addInvalid(entry: IndexedLine, error: string, pause = false): Promise<boolean> {
    if (this.#batch && this.#isFull(this.#batch)) {
      await this.endBatch();
      if (pause) return false;
    }
    await this.#index(this.#batch ?? (await this.#open()), entry, error);
    return true;
  }

  /** Ends the open batch, if there is one. */
  async endBatch(): Promise<void> {
    if (this.#batch) await this.#close(this.#batch);
  }

  /** Ends the last batch. @returns what each batch costs at most */
  async finish(): Promise<Quote[]> {
    await this.endBatch();
    return this.closed;
  }

  /** Gives up what is open, after an error. */
  async abort(): Promise<void> {
    await Promise.allSettled([this.#batch?.request.abort(), this.#batch?.index.abort()]);
  }

  #isFull({ lines, index }: OpenBatch): boolean {
    return lines >= this.#maxLines || index.bytes >= MAX_INDEX_BYTES;
  }

  /** The tag of the batch that is to be opened. */
  #tag(): string {
    return tagOf(this.#writing.job_id, this.#closed.length + 1, 1);
  }

  #index(
    batch: OpenBatch,
    { line, custom_id, input }: IndexedLine,
    error?: string,
    prompt?: string,
  ): Promise<void> | undefined {
    batch.lines++;
    return batch.index.write(addEntry(this.#line.clear(), line, custom_id, { error, input, prompt }));
  }

  async #open(): Promise<OpenBatch> {
    const { job_id, format, open } = this.#writing;
    const number = this.#closed.length + 1;
    const batch: OpenBatch = {
      tag: this.#tag(),
      request: open(requestKey(job_id, number, 1)),
      index: open(indexKey(job_id, number)),
      quote: emptyQuote(),
      weight: 0,
      lines: 0,
    };
    this.#batch = batch;
    await batch.request.write(format.framing.open);
    return batch;
  }

  async #close(batch: OpenBatch): Promise<void> {
    await batch.request.write(this.#writing.format.framing.close);
    // The index first: a request file whose index is missing could never be joined.
    await batch.index.close();
    await batch.request.close();
    const now = asksSmallRounds(this.#writing.spec, batch.quote.requests);
    this.#closed.push(now ? quoteInRealTime(batch.quote) : batch.quote);
    this.#batch = undefined;
  }
}

/** What stands before the next request of a batch. */
function betweenOf(batch: OpenBatch | undefined, { separator }: RequestFraming): string {
  return batch && batch.quote.requests > 0 ? separator : "";
}
