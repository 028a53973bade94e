import { sequence } from "./chance.ts";
import type { Fault, FaultPlan, SandboxCall } from "./faults.ts";
import {
  acceptedThen500,
  addedLines,
  doubledLines,
  missingLines,
  notFoundYet,
  rateLimited,
  strike,
} from "./faults.ts";

/** A fault that is asked for by name: something that happens at the real providers. */
interface NamedFault {
  /** For people: what happens. */
  what: string;
  plan: FaultPlan;
}

/** Calls that stream results. */
const DOWNLOADS = ["files.content", "batches.results"];
/** Calls that can come before the provider shows what it has. */
const LOOKS = ["batches.retrieve", "files.retrieve", ...DOWNLOADS];
const CREATE = ["batches.create"];

const everyTenthLine = (index: number) => index % 10 === 0;
const overloaded = ({ provider }: SandboxCall): Fault => ({
  kind: "answer",
  answer: { status: provider === "anthropic" ? 529 : 503 },
});

/** The faults there are, by their names. */
export const NAMED_FAULTS: Readonly<Record<string, NamedFault>> = {
  "lost-create": {
    what: "a batch is created, and the answer is a 500",
    plan: nowAndThen(on(CREATE, acceptedThen500)),
  },
  "cut-create": {
    what: "a batch is created, and the connection is cut without an answer",
    plan: nowAndThen(on(CREATE, { kind: "drop" })),
  },
  "rate-limit": { what: "429 with a retry-after of 1 s", plan: nowAndThen(strike({}, rateLimited(1))) },
  overload: { what: "503 at OpenAI, 529 at Anthropic", plan: nowAndThen(overloaded) },
  "not-found-yet": {
    what: "404 for a batch, a file or results that are there",
    plan: nowAndThen(on(LOOKS, notFoundYet)),
  },
  "cut-results": {
    what: "a download of results breaks off after 100 bytes",
    plan: nowAndThen(on(DOWNLOADS, { kind: "cut", bytes: 100 })),
  },
  "whole-results": {
    what: "results come whole, whatever range is asked for",
    plan: on(DOWNLOADS, { kind: "whole" }),
  },
  "missing-results": {
    what: "every tenth line of any results is not there, from the first on",
    plan: on(DOWNLOADS, missingLines(everyTenthLine)),
  },
  "doubled-results": {
    what: "every tenth line of any results comes twice, from the first on",
    plan: on(DOWNLOADS, doubledLines(everyTenthLine)),
  },
  "foreign-results": {
    what: "any results begin with a line of someone else's batch",
    plan: on(DOWNLOADS, addedLines('{"custom_id":"of-another-batch"}')),
  },
  "broken-results": {
    what: "any results begin with a line that breaks off",
    plan: on(DOWNLOADS, addedLines('{"custom_id":"br')),
  },
};

/** Answers 500, without acting on the call, to this share of all calls; the same ones after each start. */
export function randomErrors(share: number): FaultPlan {
  const next = sequence("random errors");
  return () => (next() < share ? { kind: "answer", answer: { status: 500 } } : undefined);
}

function on(operations: readonly string[], fault: Fault): FaultPlan {
  return (call) => (operations.includes(call.operation) ? fault : undefined);
}

/** At the first call of each kind and every tenth after it: a client that tries again gets through. */
function nowAndThen(plan: FaultPlan): FaultPlan {
  return (call) => (call.count % 10 === 1 ? plan(call) : undefined);
}
