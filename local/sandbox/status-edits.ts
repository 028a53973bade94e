/** Changes to the batches in an answer: what providers show late, in other words, or not at all. */

type Batch = Record<string, unknown>;

/** Fields that hold a status, at one provider or another. */
const STATUS = ["status", "processing_status", "state"] as const;
const ENDED = /completed|failed|expired|cancelled|canceled|ended|succe|stopped|timeout/i;
const RESULTS = [
  "output_file_id",
  "error_file_id",
  "results_url",
  "output_file",
  "error_file",
  "output",
] as const;

/** An answer with each of its batches changed: one batch, a list in `data` or bare, or one in a wrapper. */
export function editBatches(json: unknown, change: (batch: Batch) => void): unknown {
  const copy = structuredClone(json);
  for (const batch of batchesIn(copy)) change(batch);
  return copy;
}

function batchesIn(json: unknown): Batch[] {
  if (Array.isArray(json)) return json.flatMap(batchesIn);
  if (typeof json !== "object" || json === null) return [];
  const object = json as Batch;
  for (const name of ["data", "operations", "invocationJobSummaries"]) {
    if (Array.isArray(object[name])) return batchesIn(object[name]);
  }
  for (const name of ["job", "metadata"]) {
    const inner = object[name] as Batch | null | undefined;
    if (typeof inner === "object" && inner !== null && statusField(inner)) return [withOuter(object, inner)];
  }
  return [object];
}

/** Gemini's operation: its state stands in `metadata`, its results stand there and beside it. */
function withOuter(operation: Batch, inner: Batch): Batch {
  if (operation["done"] === undefined) return inner;
  return new Proxy(inner, {
    set(target, name, value) {
      if (name === "output") Object.assign(operation, { response: undefined });
      return Reflect.set(target, name, value);
    },
  });
}

function statusField(batch: Batch): (typeof STATUS)[number] | undefined {
  return STATUS.find((name) => typeof batch[name] === "string");
}

function changeStatus(batch: Batch, change: (status: string) => string): void {
  const field = statusField(batch);
  if (field) Object.assign(batch, { [field]: change(String(batch[field])) });
}

function hasEnded(batch: Batch): boolean {
  const field = statusField(batch);
  return field !== undefined && ENDED.test(String(batch[field]));
}

/** Ended, but without the names of the results at the first two polls. */
export function lateFiles(): (batch: Batch) => void {
  const polls = new Map<unknown, number>();
  return (batch) => {
    if (!hasEnded(batch)) return;
    const count = (polls.get(idOf(batch)) ?? 0) + 1;
    polls.set(idOf(batch), count);
    if (count > 2) return;
    setNull(batch, RESULTS);
  };
}

function idOf(batch: Batch): unknown {
  return batch["id"] ?? batch["name"];
}

export function upperCased(batch: Batch): void {
  changeStatus(batch, (status) => status.toUpperCase());
}

export function unknownStatus(batch: Batch): void {
  if (!hasEnded(batch)) changeStatus(batch, () => "PAUSED_FOR_REVIEW");
}

/** Without end and without results; a cancel is taken and changes nothing more. */
export function neverEnded(batch: Batch): void {
  if (!hasEnded(batch)) return;
  const cancelled = batch["cancelling_at"] ?? batch["cancel_initiated_at"];
  if (batch["processing_status"] !== undefined)
    changeStatus(batch, () => (cancelled ? "canceling" : "in_progress"));
  else changeStatus(batch, () => (cancelled ? "cancelling" : "finalizing"));
  setNull(batch, RESULTS);
  setNull(
    batch,
    Object.keys(batch).filter((name) => /^(completed|failed|expired|cancelled|ended)_at$/.test(name)),
  );
}

function setNull(batch: Batch, names: readonly string[]): void {
  const there = names.filter((name) => batch[name] !== undefined);
  Object.assign(batch, Object.fromEntries(there.map((name) => [name, null])));
}

export function withoutMetadata(batch: Batch): void {
  if (batch["metadata"] !== undefined) batch["metadata"] = null;
}
