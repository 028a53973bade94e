import { ProviderRejectedError, ProviderUnavailableError } from "../../errors.ts";
import { type JsonlLine, parseJson, splitLines, textOf } from "../../streams/jsonl.ts";
import { skipBytes } from "../../streams/skip-bytes.ts";
import { type ItemOutcome, type JsonText, ResultsChangedError, type ResultsPlace } from "../provider.ts";
import { unanswered } from "./answer.ts";
import { type Call, calling, providerError } from "./call-errors.ts";
import type { HttpAnswer } from "./http.ts";

/** The longest result line that is read, in bytes: an answer is far below, a batch of embeddings' may reach it. */
const LONGEST_LINE = 64 * 1024 * 1024;

/**
 * Bytes of one line, and blank lines in a row, after which a file counts as ended. A broken server may send them for
 * ever. What came before is kept; the items without a result are found missing.
 */
const LONGEST_SILENCE = 2 * LONGEST_LINE;
const MOST_BLANK_LINES = 1_000_000;

export interface ResultFile {
  /** Its position among the batch's files, from 0. */
  number: number;
  /** Asks for it; what it throws may be a connection's own error. */
  open: (headers: Record<string, string>) => Promise<HttpAnswer>;
  call: Call;
}

/**
 * What became of an item, from the value and the text of a provider's line. It never throws: an odd line is that
 * item's error.
 */
export type OutcomeOf = (line: unknown, text: JsonText) => ItemOutcome;

/**
 * The outcomes in a result file, streamed, those of a chunk at a time. They begin at `place` where that is in this
 * file; it moves along. A line that cannot be read is an outcome without a `custom_id`. Its item is found missing
 * later, and the other lines stand.
 * @throws ProviderUnavailableError when the connection is lost before the end of the file.
 * @throws ResultsChangedError when the line at `place` is not the one that was there before.
 */
export async function* resultLines(
  file: ResultFile,
  outcomeOf: OutcomeOf,
  place: ResultsPlace,
): AsyncGenerator<Iterable<ItemOutcome>> {
  const { byte: from, custom_id } = place.file === file.number ? place : { byte: 0 };
  let expected = custom_id;
  const download = new Download(file, from);
  // A byte order mark is one at the beginning only.
  const before = { number: from > 0 ? 1 : 0, start: from };
  let blank = 0;
  // A promise for each of them would cost more than splitting.
  function* outcomes(lines: JsonlLine[]): Generator<ItemOutcome> {
    for (const line of lines) {
      const outcome = outcomeFrom(line, outcomeOf, download);
      if (!outcome) {
        blank++;
        continue;
      }
      blank = 0;
      download.silence = 0;
      if (expected !== undefined && outcome.custom_id !== expected) throw new ResultsChangedError();
      expected = undefined;
      place.file = file.number;
      place.byte = line.start;
      place.custom_id = outcome.custom_id;
      yield outcome;
    }
  }
  for await (const lines of splitLines(download.chunks(), LONGEST_LINE, before)) {
    yield outcomes(lines);
    if (blank > MOST_BLANK_LINES) return;
  }
  if (expected !== undefined) throw new ResultsChangedError();
}

/** Null for a blank line. */
function outcomeFrom(line: JsonlLine, outcomeOf: OutcomeOf, download: Download): ItemOutcome | null {
  if (line.tooLong) {
    return unanswered(null, "failed", `a result line of ${line.length} bytes was not read`, true, "null");
  }
  if (line.bytes.length === 0) return null;
  let text: string;
  let value: unknown;
  try {
    text = textOf(line.bytes);
    value = parseJson(text);
  } catch (error) {
    if (download.endedInsideLine) throw download.cut("the file ends inside a line");
    const problem = error instanceof Error ? error.message : "unreadable";
    return unanswered(null, "failed", `the provider's result line is ${problem}`, true, "null");
  }
  return outcomeOf(value, text);
}

/** The bytes of a file from a position on. It throws when they end too early. */
class Download {
  readonly #file: ResultFile;
  readonly #from: number;
  /** True once the last byte was read and was no `\n`. */
  endedInsideLine = false;
  /** Bytes since the last result. */
  silence = 0;

  constructor(file: ResultFile, from: number) {
    this.#file = file;
    this.#from = from;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const response = await this.#open();
    const body: AsyncIterable<Uint8Array> = response.body;
    // A server that knows no ranges sends all of it again.
    const known = response.status === 206 ? 0 : this.#from;
    let last = 10;
    try {
      for await (const chunk of known > 0 ? skipBytes(body, known) : body) {
        last = chunk[chunk.length - 1] ?? last;
        this.silence += chunk.length;
        if (this.silence > LONGEST_SILENCE) return;
        yield chunk;
      }
    } catch (error) {
      throw providerError(error, this.#file.call);
    }
    this.endedInsideLine = last !== 10;
  }

  async #open(): Promise<HttpAnswer> {
    const { call, open } = this.#file;
    const from = this.#from;
    if (from === 0) return calling(call, () => open({}));
    try {
      const response = await calling(call, () => open({ range: `bytes=${from}-` }));
      if (response.status !== 206 || isFrom(response, from)) return response;
      response.body.destroy();
    } catch (error) {
      // A 416, or a server that takes a range for a mistake.
      if (!(error instanceof ProviderRejectedError)) throw error;
    }
    throw new ResultsChangedError();
  }

  /** A server that closes the connection may have ended or died: the file shows which. */
  cut(reason: string): ProviderUnavailableError {
    const { provider, what } = this.#file.call;
    return new ProviderUnavailableError(`${provider}: download cut while ${what}: ${reason}`);
  }
}

/** Whether a 206 is of what was asked for: plain bytes from one on. */
function isFrom({ headers }: HttpAnswer, from: number): boolean {
  return (
    (headers.get("content-range") ?? "").startsWith(`bytes ${from}-`) && !headers.get("content-encoding")
  );
}
