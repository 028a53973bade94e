/** From an input object to a claimed job with batches ready to be sent. */
import { InvalidJobError } from "../../shared/errors.ts";
import { MAX_LINE_BYTES, openInput } from "../../shared/input.ts";
import { type JobFile, readJobFile, writeJobFile } from "../../shared/job-file.ts";
import { claimJob, type JobRecord, updateJob } from "../../shared/job-record.ts";
import { type JobSource, readSource } from "../../shared/job-source.ts";
import { splitLines } from "../../shared/jsonl.ts";
import type { JobSpec } from "../../shared/models.ts";
import { JobEvent, type PreparedJob } from "../../shared/payload.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import { isObject } from "../../shared/providers/json.ts";
import { InvalidItemError } from "../../shared/providers/provider.ts";
import { BatchWriter } from "./batch-writer.ts";
import { isBlank, parseLine, parseObject } from "./input-line.ts";
import { metadataSettings, resolveSpec, type SpecSource } from "./job-spec.ts";
import { SeenIds } from "./seen-ids.ts";

/** How many problems a failed job names. */
const PROBLEMS_SHOWN = 10;

/** What `prepareJob` needs besides S3 and the table. */
export interface PrepareSettings {
  /** ARN of the execution, the owner of the claim. */
  execution: string;
  /** The stack's defaults for `JobSpec`. */
  defaults: Record<string, unknown>;
  /** Unix seconds. */
  now: () => number;
}

/**
 * Claims the job of an execution's input, validates every line and writes the batches. Running it
 * again, after a crash or at the same time, writes the same objects.
 * @throws InvalidJobError when the job cannot run as given; nothing has been sent then
 */
export async function prepareJob(input: unknown, settings: PrepareSettings): Promise<PreparedJob> {
  const source = await readSource(input);
  if (!source.object) throw new InvalidJobError(`there is no object ${source.key} in the bucket`);
  if (source.object.bytes === 0)
    throw new InvalidJobError(`${source.key} is empty; put one JSON object on each line`);
  const { spec, header } = await specOf(source, settings.defaults);
  const info = {
    job_id: source.job_id,
    provider: spec.provider,
    status: "pending" as const,
    request_count: 0,
  };
  const job = await claimJob(
    { ...info, created_at: settings.now(), raw: null, model: spec.model },
    settings.execution,
  );
  if (!job)
    return {
      job_id: source.job_id,
      prepared: false,
      batches: [],
      max_concurrent_batches: 1,
      min_poll_seconds: 30,
    };
  const file = (await readJobFile(source.job_id)) ?? (await writeBatches(source, spec, header));
  return prepared(job, file, settings.now());
}

async function prepared(job: JobRecord, file: JobFile, now: number): Promise<PreparedJob> {
  const { spec } = file;
  const info = await updateJob(job, "in_progress", now, {
    request_count: file.lines,
    batch_count: file.requests.length,
    model: spec.model,
    error: undefined,
  });
  return {
    job_id: job.job_id,
    prepared: true,
    provider: spec.provider,
    batches: file.requests.map((_, index) => index + 1),
    max_concurrent_batches: spec.max_concurrent_batches,
    min_poll_seconds: spec.min_poll_seconds,
    info: JobEvent.parse(info),
  };
}

/** Looks for a first line `{"job": {...}}` and resolves the spec. `header`: its line number, or 0. */
async function specOf(
  source: JobSource,
  defaults: Record<string, unknown>,
): Promise<{ spec: JobSpec; header: number }> {
  const sources: SpecSource[] = [{ from: "the execution's input", settings: source.overrides }];
  const first = await firstLine(source);
  const job = first?.object.job;
  const header = first !== null && Object.keys(first.object).length === 1 && isObject(job) ? first.number : 0;
  if (header && isObject(job)) sources.push({ from: `line ${header}`, settings: job });
  sources.push({ from: "the object's metadata", settings: metadataSettings(source.object?.metadata ?? {}) });
  sources.push({ from: "the stack's defaults", settings: defaults });
  return { spec: resolveSpec(sources), header };
}

async function firstLine(
  source: JobSource,
): Promise<{ number: number; object: Record<string, unknown> } | null> {
  for await (const lines of splitLines(openInput(source.key, source.version), MAX_LINE_BYTES)) {
    for (const line of lines) {
      if (line.tooLong) return null;
      if (isBlank(line.bytes)) continue;
      const parsed = parseObject(line.bytes);
      return "object" in parsed ? { number: line.number, object: parsed.object } : null;
    }
  }
  return null;
}

async function writeBatches(source: JobSource, spec: JobSpec, header: number): Promise<JobFile> {
  const writer = new BatchWriter(source.job_id, spec, formatOf(spec.provider));
  const seen = new SeenIds();
  const problems: string[] = [];
  let lines = 0;
  let invalid = 0;
  const refuse = async (line: number, custom_id: string, problem: string) => {
    invalid++;
    if (problems.length < PROBLEMS_SHOWN) problems.push(`line ${line}: ${problem}`);
    await writer.addInvalid(line, custom_id, `line ${line}: ${problem}`);
  };
  try {
    for await (const chunk of splitLines(openInput(source.key, source.version), MAX_LINE_BYTES)) {
      for (const line of chunk) {
        if (line.number === header) continue;
        if (line.tooLong) {
          lines++;
          await refuse(line.number, "", `${line.length} bytes long; a line has at most ${MAX_LINE_BYTES}`);
          continue;
        }
        if (isBlank(line.bytes)) continue;
        lines++;
        const object = parseObject(line.bytes);
        if ("problem" in object) {
          await refuse(line.number, "", object.problem);
          continue;
        }
        const item = parseLine(object.object, spec);
        if ("problem" in item) {
          await refuse(line.number, item.custom_id, item.problem);
          continue;
        }
        const before = seen.add(item.custom_id, line.number);
        if (before) {
          await refuse(line.number, item.custom_id, `custom_id: already used on line ${before}`);
          continue;
        }
        try {
          await writer.add(line.number, item.custom_id, item.source);
        } catch (error) {
          if (!(error instanceof InvalidItemError)) throw error;
          await refuse(line.number, item.custom_id, `${error.field}: ${error.message}`);
        }
      }
    }
    if (lines === 0) throw new InvalidJobError(`${source.key} has no item; put one JSON object on each line`);
    if (invalid > 0 && (spec.on_invalid === "fail" || writer.sent === 0)) {
      throw new InvalidJobError(invalidLines(invalid, lines, problems));
    }
    const requests = await writer.finish();
    const file: JobFile = { spec, key: source.key, version: source.version, header, lines, requests };
    await writeJobFile(source.job_id, file);
    return file;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function invalidLines(invalid: number, lines: number, problems: string[]): string {
  const more = invalid > problems.length ? `\n… and ${invalid - problems.length} more` : "";
  return `${invalid} of ${lines} lines are not valid; nothing was sent:\n${problems.join("\n")}${more}`;
}
