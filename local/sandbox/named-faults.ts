import { absurd, deep, empty } from "./answer-edits.ts";
import { sequence } from "./chance.ts";
import type { Fault, FaultPlan } from "./faults.ts";
import {
  acceptedThen500,
  addedLines,
  doubledLines,
  missingLines,
  notFoundYet,
  rateLimited,
} from "./faults.ts";
import { lateFiles, neverEnded, unknownStatus, upperCased, withoutMetadata } from "./status-edits.ts";
import {
  answer,
  anthropicError,
  awsError,
  byProvider,
  changedAnswers,
  DOWNLOADS,
  edited,
  everyTenthLine,
  failedWith,
  geminiError,
  type MakeStrike,
  openaiError,
  page,
  same,
  validation,
} from "./strikes.ts";

/** A fault that is asked for by name: something that happens at the real providers. */
interface NamedFault {
  /** For people: what happens. */
  what: string;
  /** The calls it may strike, by operation; all when left out. */
  operations?: readonly string[];
  /** It strikes at each of them, not now and then. */
  always?: true;
  strike: MakeStrike;
}

const CREATE = ["batches.create"];
/** Calls that can come before the provider shows what it has. */
const READS = ["batches.retrieve", "files.retrieve", ...DOWNLOADS];
/** Calls whose answer holds batches. */
const BATCHES = ["batches.create", "batches.retrieve", "batches.list", "batches.cancel"];
/** What OpenAI does after a create: no call, but it may go wrong. */
const VALIDATION = ["batches.validate"];
/** Calls that are answered at once. */
const REALTIME = [
  "chat.completions.create",
  "responses.create",
  "embeddings.create",
  "messages.create",
  "models.generateContent",
  "models.embedContent",
  "converse",
  "invokeModel",
];

const NO_FEDERATION = anthropicError(
  403,
  "permission_error",
  "Outbound web identity federation is disabled for your account",
);

const NO_CREDIT = "Billing hard limit has been reached.";
const DEPLETED = "Your prepayment credits are depleted. Please go to AI Studio to manage your billing.";
const LOW_BALANCE =
  "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.";

/** The faults there are, by their names. */
// biome-ignore lint/plugin: its names are written here, and those asked for are found with hasOwn
export const NAMED_FAULTS: Readonly<Record<string, NamedFault>> = {
  "lost-create": {
    what: "a batch is created, and the answer is a 500",
    operations: CREATE,
    strike: same(acceptedThen500),
  },
  "cut-create": {
    what: "a batch is created, and the connection is cut without an answer",
    operations: CREATE,
    strike: same({ kind: "drop" }),
  },
  "refused-create": {
    what: "400 for a whole create, with no request named",
    operations: CREATE,
    strike: byProvider(
      openaiError(400, "invalid_request", "invalid_request_error", "The batch could not be created."),
      anthropicError(400, "invalid_request_error", "The request body is not valid JSON."),
    ),
  },
  "rate-limit": { what: "429 with a retry-after of 1 s", strike: same(rateLimited(1)) },
  overload: {
    what: "503, at Anthropic 529",
    strike: byProvider({ status: 503 }, { status: 529 }),
  },
  "server-error": { what: "500, and nothing is done", strike: answer({ status: 500 }) },
  "not-found-yet": {
    what: "404 for a batch, a file or results that are there",
    operations: READS,
    strike: same(notFoundYet),
  },
  "wrong-address": {
    what: "every call is a 404 with a page, as at a wrong base URL",
    always: true,
    strike: answer({ status: 404, html: page("404 Not Found") }),
  },
  "html-page": {
    what: "200 with a page in place of JSON, as a proxy sends it",
    strike: answer({ status: 200, html: page("Sign in") }),
  },
  "cut-answer": {
    what: "an answer breaks off after 20 bytes",
    strike: same({ kind: "cut", bytes: 20 }),
  },
  "slow-answer": {
    what: "an answer takes 5 s to arrive, a little at a time",
    strike: same({ kind: "slow", milliseconds: 5000 }),
  },
  "no-credit": {
    what: "a batch fails with billing_hard_limit_reached; Anthropic answers 400, credit too low",
    operations: [...VALIDATION, ...CREATE, ...REALTIME],
    strike: () => (call) => {
      if (call.operation === "batches.validate")
        return failedWith("billing_hard_limit_reached", NO_CREDIT)()(call);
      if (call.provider.startsWith("anthropic"))
        return { kind: "answer", answer: anthropicError(400, "invalid_request_error", LOW_BALANCE) };
      // Amazon sends an invoice.
      if (call.operation === "batches.create" || call.provider === "bedrock") return undefined;
      if (call.provider === "gemini") return { kind: "answer", answer: geminiError(DEPLETED) };
      return {
        kind: "answer",
        answer: openaiError(429, "billing_hard_limit_reached", "insufficient_quota", NO_CREDIT),
      };
    },
  },
  "spend-limit": {
    what: "429 of an account's own spend limit: waiting does not help",
    operations: [...CREATE, ...REALTIME],
    strike: byProvider(
      openaiError(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
      anthropicError(
        429,
        "rate_limit_error",
        "Your organization has reached its spend limit.",
        "enforced_spend_limit_reached",
      ),
      {
        gemini: geminiError("You exceeded your current quota.", [
          { violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel", quotaValue: "1000" }] },
        ]),
        bedrock: awsError(
          429,
          "ThrottlingException",
          "Too many tokens per day, please wait before trying again.",
        ),
      },
    ),
  },
  "no-federation": {
    what: "Claude on AWS: the account has not enabled what its calls need",
    always: true,
    strike:
      () =>
      ({ provider }) =>
        provider === "anthropic-aws" ? { kind: "answer", answer: NO_FEDERATION } : undefined,
  },
  "failed-batch": {
    what: "a whole batch fails with server_error",
    operations: VALIDATION,
    strike: failedWith("server_error", "The server had an error while processing your batch."),
  },
  "one-error-a-time": {
    what: "validation names one bad line, however many there are",
    operations: VALIDATION,
    always: true,
    strike: validation((found) => found.slice(0, 1)),
  },
  "late-files": {
    what: "a batch has ended, and names its results only at the third poll",
    operations: BATCHES,
    always: true,
    strike: edited(lateFiles),
  },
  "late-results": {
    what: "results are a 404 for the first two calls",
    operations: DOWNLOADS,
    always: true,
    strike() {
      const calls = new Map<string, number>();
      return ({ path }) => {
        const count = (calls.get(path) ?? 0) + 1;
        calls.set(path, count);
        return count <= 2 ? notFoundYet : undefined;
      };
    },
  },
  "upper-case": {
    what: "the words for a batch's status come in upper case",
    operations: BATCHES,
    always: true,
    strike: edited(() => upperCased),
  },
  "unknown-status": {
    what: "a batch that has not ended has a status that no documentation knows",
    operations: BATCHES,
    always: true,
    strike: edited(() => unknownStatus),
  },
  "never-ends": {
    what: "a batch is being finalized, or cancelled, for ever",
    operations: BATCHES,
    always: true,
    strike: edited(() => neverEnded),
  },
  "no-metadata": {
    what: "a batch's metadata is dropped",
    operations: BATCHES,
    always: true,
    strike: edited(() => withoutMetadata),
  },
  "empty-answers": {
    what: "every tenth answer has no text: all of max_tokens was used for thinking",
    operations: [...DOWNLOADS, ...REALTIME],
    always: true,
    strike: changedAnswers(empty),
  },
  "deep-answers": {
    what: "every tenth answer is 6,000 brackets deep",
    operations: [...DOWNLOADS, ...REALTIME],
    always: true,
    strike: changedAnswers(deep),
  },
  "absurd-answers": {
    what: "every tenth answer counts 1e22 tokens",
    operations: [...DOWNLOADS, ...REALTIME],
    always: true,
    strike: changedAnswers(absurd),
  },
  "cut-results": {
    what: "a download of results breaks off after 100 bytes",
    operations: DOWNLOADS,
    strike: same({ kind: "cut", bytes: 100 }),
  },
  "whole-results": {
    what: "results come whole, whatever range is asked for",
    operations: DOWNLOADS,
    always: true,
    strike: same({ kind: "whole" }),
  },
  "missing-results": {
    what: "every tenth line of any results is not there, from the first on",
    operations: DOWNLOADS,
    always: true,
    strike: same(missingLines(everyTenthLine)),
  },
  "doubled-results": {
    what: "every tenth line of any results comes twice, from the first on",
    operations: DOWNLOADS,
    always: true,
    strike: same(doubledLines(everyTenthLine)),
  },
  "foreign-results": {
    what: "any results begin with a line of someone else's batch",
    operations: DOWNLOADS,
    always: true,
    strike: same(addedLines('{"custom_id":"of-another-batch"}')),
  },
  "broken-results": {
    what: "any results begin with a line that breaks off",
    operations: DOWNLOADS,
    always: true,
    strike: same(addedLines('{"custom_id":"br')),
  },
};

/** Between two strikes of a fault, in calls of one operation: a client that tries again gets through. */
const INTERVAL = 10;

/**
 * Some faults together. A fault strikes at the first call of each operation and every tenth after it; where several
 * strike the same operation, the second strikes at the second call, and so on. Those that strike always change the
 * same answers one after the other.
 */
export function namedFaults(names: readonly string[]): FaultPlan {
  const asked = names.flatMap((name) => {
    const named = Object.hasOwn(NAMED_FAULTS, name) ? NAMED_FAULTS[name] : undefined;
    return named ? [{ ...named, hit: named.strike() }] : [];
  });
  return (call) => {
    const possible = asked.filter(({ operations }) => canStrike(operations, call.operation));
    const turn = possible.filter(({ always }) => !always)[(call.count - 1) % INTERVAL];
    return turn?.hit(call) ?? together(possible.flatMap(({ always, hit }) => (always && hit(call)) || []));
  };
}

/** Validation is no call: only what names it strikes it. */
function canStrike(operations: readonly string[] | undefined, operation: string): boolean {
  return operations?.includes(operation) ?? !VALIDATION.includes(operation);
}

/** What is rewritten comes whole in any case; an answer in place of the real one leaves nothing to change. */
function together(faults: readonly Fault[]): Fault | undefined {
  const answered = faults.find(({ kind }) => kind === "answer");
  if (answered) return answered;
  const edits = faults.filter((fault) => fault.kind === "edit");
  if (edits.length > 0) {
    return { kind: "edit", edit: (json) => edits.reduce((given, { edit }) => edit(given), json) };
  }
  const rewrites = faults.filter((fault) => fault.kind === "rewrite");
  if (rewrites.length === 0) return faults[0];
  return {
    kind: "rewrite",
    rewrite: (lines) => rewrites.reduce((given, { rewrite }) => rewrite(given), lines),
  };
}

/** Answers 500, without acting on the call, to this share of all calls; the same ones after each start. */
export function randomErrors(share: number): FaultPlan {
  const next = sequence("random errors");
  return () => (next() < share ? { kind: "answer", answer: { status: 500 } } : undefined);
}
