import { sequence } from "./chance.ts";
import type { Fault, FaultPlan, SandboxCall } from "./faults.ts";
import {
  acceptedThen500,
  addedLines,
  doubledLines,
  missingLines,
  notFoundYet,
  rateLimited,
} from "./faults.ts";

/** A fault that is asked for by name: something that happens at the real providers. */
interface NamedFault {
  /** For people: what happens. */
  what: string;
  /** The calls it may strike, by operation; all when left out. */
  operations?: readonly string[];
  /** It strikes at each of them, not now and then. */
  always?: true;
  fault: Fault | ((call: SandboxCall) => Fault);
}

const CREATE = ["batches.create"];
/** Calls that stream results. */
const DOWNLOADS = ["files.content", "batches.results"];
/** Calls that can come before the provider shows what it has. */
const LOOKS = ["batches.retrieve", "files.retrieve", ...DOWNLOADS];

const everyTenthLine = (index: number) => index % 10 === 0;
const overloaded = ({ provider }: SandboxCall): Fault => ({
  kind: "answer",
  answer: { status: provider === "anthropic" ? 529 : 503 },
});

/** The faults there are, by their names. */
// biome-ignore lint/plugin: its names are written here, and those asked for are found with hasOwn
export const NAMED_FAULTS: Readonly<Record<string, NamedFault>> = {
  "lost-create": {
    what: "a batch is created, and the answer is a 500",
    operations: CREATE,
    fault: acceptedThen500,
  },
  "cut-create": {
    what: "a batch is created, and the connection is cut without an answer",
    operations: CREATE,
    fault: { kind: "drop" },
  },
  "rate-limit": { what: "429 with a retry-after of 1 s", fault: rateLimited(1) },
  overload: { what: "503 at OpenAI, 529 at Anthropic", fault: overloaded },
  "not-found-yet": {
    what: "404 for a batch, a file or results that are there",
    operations: LOOKS,
    fault: notFoundYet,
  },
  "cut-results": {
    what: "a download of results breaks off after 100 bytes",
    operations: DOWNLOADS,
    fault: { kind: "cut", bytes: 100 },
  },
  "whole-results": {
    what: "results come whole, whatever range is asked for",
    operations: DOWNLOADS,
    always: true,
    fault: { kind: "whole" },
  },
  "missing-results": {
    what: "every tenth line of any results is not there, from the first on",
    operations: DOWNLOADS,
    always: true,
    fault: missingLines(everyTenthLine),
  },
  "doubled-results": {
    what: "every tenth line of any results comes twice, from the first on",
    operations: DOWNLOADS,
    always: true,
    fault: doubledLines(everyTenthLine),
  },
  "foreign-results": {
    what: "any results begin with a line of someone else's batch",
    operations: DOWNLOADS,
    always: true,
    fault: addedLines('{"custom_id":"of-another-batch"}'),
  },
  "broken-results": {
    what: "any results begin with a line that breaks off",
    operations: DOWNLOADS,
    always: true,
    fault: addedLines('{"custom_id":"br'),
  },
};

/** Between two strikes of a fault, in calls of one operation: a client that tries again gets through. */
const INTERVAL = 10;

/**
 * Some faults together. A fault strikes at the first call of each operation and every tenth after it; where several
 * strike the same operation, the second strikes at the second call, and so on. Those that strike always change the
 * same results one after the other.
 */
export function namedFaults(names: readonly string[]): FaultPlan {
  const asked = names.flatMap((name) =>
    Object.hasOwn(NAMED_FAULTS, name) ? (NAMED_FAULTS[name] ?? []) : [],
  );
  return (call) => {
    const possible = asked.filter(({ operations }) => operations?.includes(call.operation) ?? true);
    const turn = possible.filter(({ always }) => !always)[(call.count - 1) % INTERVAL];
    if (turn) return faultOf(turn, call);
    return together(possible.filter(({ always }) => always).map((named) => faultOf(named, call)));
  };
}

function faultOf({ fault }: NamedFault, call: SandboxCall): Fault {
  return typeof fault === "function" ? fault(call) : fault;
}

/** What is rewritten comes whole in any case. */
function together(faults: readonly Fault[]): Fault | undefined {
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
