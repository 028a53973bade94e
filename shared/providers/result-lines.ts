import { ProviderUnavailableError } from "../errors.ts";
import { parseLine, splitLines } from "../jsonl.ts";
import { unanswered } from "./answer.ts";
import type { ItemOutcome } from "./provider.ts";
import { type Call, providerError } from "./sdk-errors.ts";

/** The longest result line that is read, in bytes: an answer is far below, a batch of embeddings' may reach it. */
const LONGEST_LINE = 64 * 1024 * 1024;

/**
 * The outcomes in a result file, streamed. A line that cannot be read is an outcome without a
 * `custom_id`: its item is found missing later, and the other lines stand.
 * @throws ProviderUnavailableError when the connection is lost before the end of the file.
 */
export async function* resultLines(
  response: Response,
  outcomeOf: (line: unknown) => ItemOutcome,
  call: Call,
): AsyncGenerator<ItemOutcome> {
  const file = new ResultFile(response, call);
  for await (const lines of splitLines(file.chunks(), LONGEST_LINE)) {
    for (const line of lines) {
      if (line.tooLong) {
        yield unanswered(null, "failed", `a result line of ${line.length} bytes was not read`, true, null);
      } else if (line.bytes.length > 0) {
        yield outcomeFrom(line.bytes, outcomeOf, file);
      }
    }
  }
}

function outcomeFrom(
  bytes: Buffer,
  outcomeOf: (line: unknown) => ItemOutcome,
  file: ResultFile,
): ItemOutcome {
  let value: unknown;
  try {
    value = parseLine(bytes);
  } catch (error) {
    if (file.endedInsideLine) throw file.cut("the file ends inside a line");
    const problem = error instanceof Error ? error.message : "unreadable";
    return unanswered(null, "failed", `the provider's result line is ${problem}`, true, null);
  }
  return outcomeOf(value);
}

/** The bytes of a download, which tells when they end too early. */
class ResultFile {
  readonly #response: Response;
  readonly #call: Call;
  /** True once the last byte was read and was no `\n`. */
  endedInsideLine = false;

  constructor(response: Response, call: Call) {
    this.#response = response;
    this.#call = call;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    let last = 10;
    try {
      for await (const chunk of this.#response.body ?? []) {
        last = chunk[chunk.length - 1] ?? last;
        yield chunk;
      }
    } catch (error) {
      throw providerError(error, this.#call);
    }
    this.endedInsideLine = last !== 10;
  }

  /** A server that closes the connection to say "end" cannot be told from one that died: the file tells. */
  cut(reason: string): ProviderUnavailableError {
    return new ProviderUnavailableError(
      `${this.#call.provider}: download cut while ${this.#call.what}: ${reason}`,
    );
  }
}
