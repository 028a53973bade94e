/** Why a whole batch failed. */
import { countAt, isObject, type Json, listAt, objectAt, textAt } from "../../json/values.ts";
import type { BatchFailure, ProviderBatch } from "../provider.ts";

const MAX_PROBLEMS = 10;
const MAX_MESSAGE = 500;

/** One reason; `line` is the number of a request in the file, from 1. */
interface Problem {
  code: string | null;
  line: number | null;
  message: string | null;
}

/** Codes of an account that cannot pay, or that its owner has stopped. */
const ACCOUNT =
  /^(insufficient_quota|billing_hard_limit_reached|billing_not_active|access_terminated|account_deactivated)$/;
/** Codes of faults on the provider's side. */
const PASSING = /^(server_error|internal_error|internal_server_error|service_unavailable|timeout)$/;
/** Without a queue of tokens that Nightshift watches, a full queue is a fault that passes. */
const QUEUE_FULL = "token_limit_exceeded";

/** The reasons in a batch: `errors: {data: [{code, line, message}]}`, a bare list, or words (Novita, Together). */
export function problemsOf(raw: Json): Problem[] {
  const { errors } = raw;
  const list = Array.isArray(errors) ? errors : listAt(objectAt(raw, "errors"), "data");
  const found = list.filter(isObject).map((problem) => ({
    code: textAt(problem, "code"),
    line: countAt(problem, "line") || null,
    message: textAt(problem, "message")?.slice(0, MAX_MESSAGE) ?? null,
  }));
  if (found.length > 0) return found;
  const words = [textAt(raw, "errors"), textAt(raw, "error"), textAt(objectAt(raw, "error"), "message")];
  const message = words.find((text) => text !== null)?.slice(0, MAX_MESSAGE) ?? null;
  return message === null ? [] : [{ code: textAt(objectAt(raw, "error"), "code"), line: null, message }];
}

/** The first ten reasons for a person; null when there is none. */
export function errorText(problems: Problem[]): string | null {
  if (problems.length === 0) return null;
  return problems.slice(0, MAX_PROBLEMS).map(textOf).join("; ");
}

function textOf({ code, line, message }: Problem): string {
  const where = [code, line === null ? null : `line ${line}`].filter(Boolean).join(", ");
  return [where, message].filter(Boolean).join(": ").slice(0, MAX_MESSAGE);
}

/** What the failure of a batch means for its items. */
export function failureOf(raw: unknown): BatchFailure {
  const problems = isObject(raw) ? problemsOf(raw) : [];
  const lines = new Map<number, string>();
  for (const problem of problems) {
    if (problem.line !== null) lines.set(problem.line, textOf({ ...problem, line: null }));
  }
  const whole = problems.filter(({ line }) => line === null);
  const message = errorText(whole) ?? errorText(problems) ?? "the provider failed the batch without a reason";
  const has = (pattern: RegExp) => whole.some(({ code }) => code !== null && pattern.test(code));
  if (has(ACCOUNT)) return { kind: "account", lines, message };
  if (has(PASSING) || whole.some(({ code }) => code === QUEUE_FULL))
    return { kind: "passing", lines, message };
  return { kind: whole.length > 0 || lines.size === 0 ? "requests" : "lines", lines, message };
}

/**
 * Too many enqueued tokens show only after the create. The batch fails with this code, and the
 * message names the limit ("… Limit: 90,000 enqueued tokens. …"). Null for any other end.
 */
export function tokenRefusal({ status, raw }: Pick<ProviderBatch, "status" | "raw">) {
  if (status !== "failed" || !isObject(raw)) return null;
  const problem = problemsOf(raw).find(({ code }) => code === QUEUE_FULL);
  if (!problem) return null;
  const digits = /limit:?\s*([\d][\d,._]*)/i.exec(problem.message ?? "")?.[1]?.replace(/\D/g, "");
  return { limit: digits ? Number(digits) : null };
}
