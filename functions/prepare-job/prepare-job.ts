/** From an input object to a claimed job with batches ready to be sent. */
import { InvalidJobError } from "../../shared/errors.ts";
import type { JobSpec } from "../../shared/models.ts";
import { bytesOfTokens } from "../../shared/money/token-estimate.ts";
import { objectSource } from "../../shared/objects/input.ts";
import { type JobFile, readJobFile } from "../../shared/objects/job-file.ts";
import { startsNoJob } from "../../shared/objects/uploads.ts";
import { isUpload, JobEvent, type PreparedJob } from "../../shared/payload.ts";
import { claimJob, type JobRecord, updateJob } from "../../shared/records/job-record.ts";
import { knownLimit } from "../../shared/records/token-ledger.ts";
import { type InputReader, openReader } from "../../shared/streams/reader.ts";
import { note } from "../../shared/telemetry.ts";
import { accountOf } from "../../shared/tenants/account.ts";
import { tenantOfJob } from "../../shared/tenants/tenant.ts";
import { requireTenantFolder, tenantSettings } from "../../shared/tenants/tenant-settings.ts";
import { type JobSource, readSource } from "../../shared/workflow/job-source.ts";
import { checkCost } from "./check-cost.ts";
import { checkSchema } from "./check-schema.ts";
import { readOpening } from "./header.ts";
import { metadataSettings, resolveSpec, type SpecSource, withEndpoint } from "./job-spec.ts";
import { withRecipe } from "./recipe.ts";
import { repriced } from "./reprice.ts";
import { checkTable, outputsOf } from "./table-check.ts";
import { writeBatches } from "./write-batches.ts";

/** What `prepareJob` needs besides S3 and the table. */
export interface PrepareDeps {
  /** ARN of the execution, the owner of the claim. */
  execution: string;
  /** The stack's defaults for `JobSpec`. */
  defaults: Record<string, unknown>;
  /** Unix seconds. */
  now: () => number;
  /** Seconds after which a run stops, at the end of a batch; the next run resumes. */
  runSeconds: number;
}

/** The output of a run after which there is nothing to run yet, or at all. */
const NOTHING_TO_RUN = {
  prepared: false,
  pooled: false,
  more: false,
  batches: [],
  max_concurrent_batches: 1,
  min_poll_seconds: 30,
};

/**
 * Claims the job of an execution's input, validates every line and writes the batches. It goes as far as it comes in
 * `runSeconds`; `more` says to run it again. Running it again, after a crash or at the same time, writes the same
 * objects.
 * @throws InvalidJobError when the job cannot run as given; nothing has been sent then
 */
export async function prepareJob(input: unknown, deps: PrepareDeps): Promise<PreparedJob> {
  const source = await readSource(input);
  note({ job_id: source.job_id, execution: deps.execution });
  if (isUpload(input) && startsNoJob(source.key)) {
    note({ outcome: "not a file that starts a job" });
    return { ...NOTHING_TO_RUN, job_id: source.job_id };
  }
  requireTenantFolder(source.key);
  if (!source.object) throw new InvalidJobError(`there is no object ${source.key} in the bucket`);
  if (source.object.bytes === 0)
    throw new InvalidJobError(
      `${source.key} is empty; put one JSON object on each line, or give a table with rows`,
    );
  const reader = await openReader(objectSource(source.key, source.version, source.object.bytes));
  const { spec, header } = await specOf(source, reader, deps.defaults);
  await checkSchema(spec);
  note({ provider: spec.provider, model: spec.model });
  const info = {
    job_id: source.job_id,
    provider: spec.provider,
    status: "pending" as const,
    request_count: 0,
  };
  const now = deps.now();
  const account = await accountOf(source.job_id, spec.provider);
  const limit = await knownLimit({ ...account, model: spec.model }, now);
  const job = await claimJob(
    { ...info, created_at: now, raw: null, model: spec.model },
    deps.execution,
    // Decided once for the job, as every run must cut it alike.
    limit === undefined ? undefined : bytesOfTokens(limit),
  );
  if (!job) {
    note({ outcome: "another execution has the job" });
    return { ...NOTHING_TO_RUN, job_id: source.job_id };
  }
  const startedAt = deps.now();
  const before = await readJobFile(source.job_id);
  const file = before
    ? await repriced(source.job_id, before, spec)
    : await writeBatches({
        source,
        reader,
        spec,
        header,
        maxBatchBytes: job.max_batch_bytes,
        shouldPause: () => deps.now() - startedAt > deps.runSeconds,
      });
  if (file) return prepared(job, file, spec, deps.now());
  note({ outcome: "more to prepare" });
  return { ...NOTHING_TO_RUN, job_id: source.job_id, more: true };
}

/** `spec` is this start's: an earlier one may have set another pace, or another cap. */
async function prepared(job: JobRecord, file: JobFile, spec: JobSpec, now: number): Promise<PreparedJob> {
  // Of a cancelled job nothing more is sent, and what runs must be cancelled whatever it costs.
  if (!job.cancel_requested) checkCost(file.batches, spec.max_cost_usd);
  // A batch of invalid lines alone has nothing to send.
  const batches = file.batches.flatMap(({ requests }, index) => (requests > 0 ? [index + 1] : []));
  // A job that is already `finalizing` stays so: a run of `finalize-job` may have written its end.
  const status = job.status === "pending" ? "in_progress" : job.status;
  const info = await updateJob(job, status, now, {
    request_count: file.lines,
    input_version: file.version,
    batch_count: batches.length,
    // A job whose first start failed before its settings were known has them from now on.
    provider: spec.provider,
    model: spec.model,
    max_cost_usd: spec.max_cost_usd,
    error: undefined,
  });
  note({ outcome: "prepared", lines: file.lines, batches: batches.length });
  return {
    job_id: job.job_id,
    prepared: true,
    pooled: false,
    more: false,
    provider: spec.provider,
    batches,
    max_concurrent_batches: spec.max_concurrent_batches,
    min_poll_seconds: spec.min_poll_seconds,
    info: JobEvent.parse(info),
  };
}

/** Reads the beginning of the input and the tenant's settings, and resolves the spec. `header`: its line number, or 0. */
async function specOf(
  source: JobSource,
  reader: InputReader,
  defaults: Record<string, unknown>,
): Promise<{ spec: JobSpec; header: number }> {
  const given: SpecSource[] = [{ from: "the execution's input", settings: source.overrides }];
  const { header, columns, endpoint } = await readOpening(reader);
  if (header) given.push(header);
  given.push({ from: "the object's metadata", settings: metadataSettings(source.object?.metadata ?? {}) });
  const sources = await withRecipe(given, tenantOfJob(source.job_id));
  const tenant = await tenantSettings(tenantOfJob(source.job_id));
  sources.push(
    { from: "the tenant's defaults", settings: tenant.defaults, isDefault: true },
    { from: "the stack's defaults", settings: defaults, isDefault: true },
  );
  const capped = Object.keys(tenant.limits).length > 0;
  const begun = capped && (await readJobFile(source.job_id)) !== null;
  const spec = resolveSpec(withEndpoint(sources, endpoint), tenant.limits, begun);
  checkTable(reader, columns, spec, source.key);
  return { spec: { ...spec, outputs: outputsOf(reader, spec) }, header: header?.line ?? 0 };
}
