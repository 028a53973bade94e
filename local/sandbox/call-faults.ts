import { acceptedThen500, notFoundYet, rateLimited } from "./faults.ts";
import {
  answer,
  anthropicError,
  awsFault,
  byProvider,
  CREATE,
  failedWith,
  geminiError,
  type NamedFaults,
  openaiError,
  page,
  READS,
  REALTIME,
  same,
  VALIDATION,
} from "./strikes.ts";

const NO_FEDERATION = anthropicError(
  403,
  "permission_error",
  "Outbound web identity federation is disabled for your account",
);

const NO_CREDIT = "Billing hard limit has been reached.";
const DEPLETED = "Your prepayment credits are depleted. Please go to AI Studio to manage your billing.";
const LOW_BALANCE =
  "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.";

/** What befalls calls: lost answers, refusals, broken connections, accounts that cannot pay. */
export const CALL_FAULTS: NamedFaults = {
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
        bedrock: awsFault(
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
};
