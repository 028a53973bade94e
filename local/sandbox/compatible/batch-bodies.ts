/** A batch as services write it that do not take over OpenAI's form. */
import type { BatchBody } from "../openai/dialect.ts";

function iso(seconds: number | null): string | null {
  return seconds === null ? null : new Date(seconds * 1000).toISOString();
}

/** The fields of a batch that hold times. */
const TIMES = [
  "created_at",
  "in_progress_at",
  "expires_at",
  "finalizing_at",
  "completed_at",
  "failed_at",
  "expired_at",
  "cancelling_at",
  "cancelled_at",
] as const;

/** Words with a capital letter, ISO dates, no counts before the work begins. */
export function azureBatch(body: BatchBody): unknown {
  const times = Object.fromEntries(TIMES.map((name) => [name, iso(body[name])]));
  return {
    ...body,
    ...times,
    status: body.status.charAt(0).toUpperCase() + body.status.slice(1),
    request_counts: body.in_progress_at === null ? null : body.request_counts,
  };
}

/** Words in upper case, one of them its own; dates and errors as text, counts at the top, too. */
export function novitaBatch(body: BatchBody): unknown {
  const { request_counts, errors, output_file_id, error_file_id } = body;
  const times = Object.fromEntries(TIMES.map((name) => [name, iso(body[name]) ?? ""]));
  return {
    ...body,
    ...times,
    ...request_counts,
    status: body.status === "in_progress" ? "PROGRESS" : body.status.toUpperCase(),
    errors: errors?.data.map(({ message }) => message).join("; ") ?? "",
    output_file_id: output_file_id ?? "",
    error_file_id: error_file_id ?? "",
  };
}

/** Together's words for a status: it has none for finalizing and cancelling. */
const TOGETHER_STATUS = new Map([
  ["finalizing", "IN_PROGRESS"],
  ["cancelling", "IN_PROGRESS"],
]);

/** An object of its own: no counts but a progress in percent, no metadata, one text for the errors. */
export function togetherBatch(body: BatchBody): unknown {
  const { total, completed, failed } = body.request_counts;
  return {
    id: body.id,
    user_id: "sandbox",
    input_file_id: body.input_file_id,
    file_size_bytes: 0,
    status: TOGETHER_STATUS.get(body.status) ?? body.status.toUpperCase(),
    job_deadline: iso(body.expires_at),
    created_at: iso(body.created_at),
    endpoint: body.endpoint,
    model_id: body.model ?? "",
    progress: total === 0 ? 0 : Math.floor(((completed + failed) / total) * 100),
    ...(body.output_file_id && { output_file_id: body.output_file_id }),
    ...(body.error_file_id && { error_file_id: body.error_file_id }),
    ...(body.errors && { error: body.errors.data.map(({ message }) => message).join("; ") }),
    ...(body.completed_at && { completed_at: iso(body.completed_at) }),
  };
}
