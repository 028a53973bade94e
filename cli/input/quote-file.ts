/** What a file of this machine would cost as a job: cut into batches as `prepare-job` does it, and nothing kept. */
import { type BatchFile, BatchWriter } from "../../functions/prepare-job/batch-writer.ts";
import { checkCost } from "../../functions/prepare-job/check-cost.ts";
import { atStart } from "../../functions/prepare-job/cursor.ts";
import { checkLines, cutInput } from "../../functions/prepare-job/cut-input.ts";
import { InvalidJobError } from "../../shared/errors.ts";
import type { JobSpec } from "../../shared/models.ts";
import { addQuotes, type Quote } from "../../shared/money/quote.ts";
import { TokenSample } from "../../shared/money/token-sample.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import type { Utf8Text } from "../../shared/streams/utf8-text.ts";
import { fittingSpec, openInput } from "./open-input.ts";

/** What a file is as a job, and what that costs at most. */
export interface FileQuote {
  spec: JobSpec;
  /** Lines that are not blank; `invalid` of them would not be sent. */
  items: number;
  invalid: number;
  /** The first few problems, each with its line. */
  problems: string[];
  batches: number;
  quote: Quote;
  /** Why the job would be refused; null when it would not. */
  refusal: string | null;
}

/**
 * Reads the whole file, as a stream. It needs no key, no engine and no network.
 * @param settings the job's, stronger than those in the file's first line
 * @param open opens the file of a key: one that watches what a batch would hold
 * @throws InvalidJobError when the settings are not valid or do not fit, or the file cannot be read
 */
export async function quoteFile(
  file: string,
  settings: Record<string, unknown>,
  open: (key: string) => BatchFile = () => new CountedFile(),
): Promise<FileQuote> {
  const input = await openInput(file);
  const { reader, header } = input;
  const spec = await fittingSpec(input, settings);
  const writer = new BatchWriter({
    job_id: "quote",
    spec,
    format: formatOf(spec.provider, spec.model),
    open,
    sample: new TokenSample(),
  });
  const progress = atStart();
  const cutting = { spec, header: header?.line ?? 0, writer, shouldPause: () => false };
  await cutInput(reader, progress, cutting);
  const batches = (await writer.finish()).filter(({ requests }) => requests > 0);
  const { lines: items, invalid, problems } = progress.cursor;
  const refusal = refusalOf(() => {
    checkLines(progress.cursor, file, spec, reader.unit);
    checkCost(batches, spec.max_cost_usd);
  });
  return { spec, items, invalid, problems, batches: batches.length, quote: addQuotes(batches), refusal };
}

function refusalOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof InvalidJobError) return error.message;
    throw error;
  }
}

/** Counts the bytes that a batch's file would have. */
export class CountedFile implements BatchFile {
  bytes = 0;

  write(text: string | Utf8Text): Promise<void> | undefined {
    this.bytes += typeof text === "string" ? Buffer.byteLength(text) : text.bytes;
    return undefined;
  }

  async close(): Promise<void> {}

  async abort(): Promise<void> {}
}
