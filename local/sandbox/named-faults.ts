import { BATCH_FAULTS } from "./batch-faults.ts";
import { CALL_FAULTS } from "./call-faults.ts";
import { sequence } from "./chance.ts";
import type { Fault, FaultPlan } from "./faults.ts";
import { RESULT_FAULTS } from "./result-faults.ts";
import { type NamedFaults, OBJECTS, VALIDATION } from "./strikes.ts";

export const NAMED_FAULTS: NamedFaults = { ...CALL_FAULTS, ...BATCH_FAULTS, ...RESULT_FAULTS };

/** Between two strikes of a fault, in calls of one operation: a client that tries again gets through. */
const INTERVAL = 10;

/**
 * Some faults together. A fault strikes at the first call of each operation and every tenth after it. Where several
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

/** Validation is no call, and S3 is no provider: only what names them strikes them. */
function canStrike(operations: readonly string[] | undefined, operation: string): boolean {
  return operations?.includes(operation) ?? isCall(operation);
}

const isCall = (operation: string) => !VALIDATION.includes(operation) && !operation.startsWith(OBJECTS);

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
  return ({ operation }) =>
    isCall(operation) && next() < share ? { kind: "answer", answer: { status: 500 } } : undefined;
}
