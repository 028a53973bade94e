/** Writes the batches of an input to the bucket, in as many runs as it takes. */
import type { JobSpec } from "../../shared/models.ts";
import { TokenSample } from "../../shared/money/token-sample.ts";
import { type JobFile, writeJobFile } from "../../shared/objects/job-file.ts";
import { ObjectWriter } from "../../shared/objects/object-writer.ts";
import type { ProviderFormat } from "../../shared/providers/format.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import { type InputReader, START } from "../../shared/streams/reader.ts";
import type { JobSource } from "../../shared/workflow/job-source.ts";
import { BatchWriter } from "./batch-writer.ts";
import { atStart, readCursor, writeCursor } from "./cursor.ts";
import { checkLines, cutInput } from "./cut-input.ts";

export interface Writing {
  source: JobSource;
  reader: InputReader;
  spec: JobSpec;
  /** Number of the `{"job": ...}` line, or 0. */
  header: number;
  /** Bytes of requests a batch should not exceed, below the provider's own limit. */
  maxBatchBytes: number | undefined;
  /** Whether to stop at the end of the next batch; the next run resumes. */
  shouldPause: () => boolean;
}

/**
 * Writes the batches, from where the last run stopped. Runs at the same time write the same bytes.
 * @returns the job's file, or null when there is more to do
 * @throws InvalidJobError when no line can be sent, or a line is invalid and the job wants none
 */
export async function writeBatches(writing: Writing): Promise<JobFile | null> {
  const { source, reader, header, shouldPause } = writing;
  const { job_id, key, version } = source;
  const { cursor, seen } = (await readCursor(job_id)) ?? atStart();
  const { spec = writing.spec } = cursor;
  const sample = new TokenSample(cursor.sample);
  // Only a cap needs more than an estimate by bytes. The tokenizer takes as long as all the rest of a small job.
  const counting = spec.max_cost_usd === undefined ? undefined : sample;
  const writer = new BatchWriter({
    job_id,
    spec,
    format: await evenly(formatOf(spec.provider, spec.model), reader),
    open: (to) => new ObjectWriter(to),
    closed: cursor.batches,
    maxBytes: writing.maxBatchBytes,
    sample: counting,
  });
  try {
    if (!(await cutInput(reader, { cursor, seen }, { spec, header, writer, shouldPause }))) {
      await writeCursor(job_id, { ...cursor, spec, batches: writer.closed, sample: sample.state }, seen);
      return null;
    }
    checkLines(cursor, key, spec, reader.unit);
    const file: JobFile = {
      spec,
      key,
      version,
      header,
      lines: cursor.lines,
      batches: await writer.finish(),
      bytes_per_token: sample.bytesPerToken,
    };
    await writeJobFile(job_id, file);
    return file;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/**
 * The format, with batches of about equal sizes where the provider has a minimum. Full ones could leave too little for the last.
 * It takes one more pass over the input, which depends on nothing else.
 */
async function evenly(format: ProviderFormat, reader: InputReader): Promise<ProviderFormat> {
  const { min_requests, max_requests } = format.limits;
  if (min_requests === undefined) return format;
  let rows = 0;
  for await (const chunk of reader.rows({ ...START }, [])) rows += chunk.length;
  const batches = Math.max(1, Math.ceil(rows / max_requests));
  const even = Math.max(1, Math.ceil(rows / batches));
  return { ...format, limits: { ...format.limits, max_requests: Math.min(max_requests, even) } };
}
