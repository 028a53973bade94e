/** Asks a few rows of a file in real time. */
import type { Charge, JobSpec } from "../../shared/models.ts";
import { chargeFor } from "../../shared/money/prices.ts";
import { addToBill, emptyBill } from "../../shared/money/sums.ts";
import { estimatedTokens } from "../../shared/money/token-estimate.ts";
import { type AskedNow, askNow, type NowProvider } from "../../shared/providers/ask-now.ts";
import type { PickedRow } from "../input/pick-rows.ts";
import type { KeptAnswers } from "./kept-answers.ts";

export interface TriedRow extends PickedRow {
  asked: AskedNow;
  /** What the answer costs; null when there is none. */
  charge: Charge | null;
  /** Whether it was answered by an earlier try: nothing was paid now. */
  cached: boolean;
  /** Set when the disk is full: no more should be asked. */
  failure?: { error: unknown } | undefined;
}

export interface TryDeps {
  provider: NowProvider;
  /** Who answers, as `Backend` has it. */
  origin: string | undefined;
  cache: KeptAnswers;
  onRow: (row: TriedRow) => void;
}

const AT_ONCE = 5;

/**
 * Asks all rows, and reports each as it comes. After an error no more are asked; what is under way is paid for, and kept.
 * @throws ProviderAuthError when the key is refused
 */
export async function tryRows(rows: readonly PickedRow[], spec: JobSpec, deps: TryDeps): Promise<TriedRow[]> {
  const tried: TriedRow[] = [];
  let failure: { error: unknown } | undefined;
  const waiting = rows[Symbol.iterator]();
  const worker = async () => {
    for (const row of waiting) {
      if (failure) return;
      const done = await tryRow(row, spec, deps);
      tried.push(done);
      deps.onRow(done);
      if (done.failure) throw done.failure.error;
    }
  };
  const note = (error: unknown) => {
    failure ??= { error };
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => worker().catch(note)));
  if (failure) throw failure.error;
  return tried;
}

/** Asks one row, unless an earlier try has its answer. @throws ProviderAuthError when the key is refused */
async function tryRow(row: PickedRow, spec: JobSpec, deps: TryDeps): Promise<TriedRow> {
  const { provider, origin, cache } = deps;
  const identity = identityOf(row, spec, origin);
  const known = await cache.get(identity);
  if (known) return { ...row, asked: known, charge: chargeOf(known, spec), cached: true };
  const { endpoint, betas, model } = spec;
  const tokens = estimatedTokens(row.body.length, 1);
  const request = { endpoint, betas, model, custom_id: row.custom_id, body: row.body };
  const asked = await askNow(provider, request, new AbortController().signal, { tokens });
  // What may go right the next time is not kept.
  const isKept = asked.outcome && !asked.outcome.retryable;
  const failure = isKept ? putInto(cache, identity, asked) : undefined;
  return { ...row, asked, charge: chargeOf(asked, spec), cached: false, failure };
}

function identityOf(
  { body }: PickedRow,
  { provider, endpoint, betas, model }: JobSpec,
  origin: string | undefined,
) {
  return [provider, origin, endpoint, betas?.join(), model, body];
}

/** What the answers to one row cost: one that was not worth keeping was paid as well. */
export function chargeOf(
  { paid = [], outcome }: AskedNow,
  { provider, model, prices }: Pick<JobSpec, "provider" | "model" | "prices">,
): Charge | null {
  const bill = emptyBill();
  for (const { response, model: answered } of [...paid, outcome ?? []].flat())
    if (response) addToBill(bill, model, chargeFor(provider, answered ?? model, response.usage, prices));
  return bill[model] ?? null;
}

/** The answer is paid for: it is shown, too, where the disk takes it no more. */
function putInto(cache: KeptAnswers, ...answer: Parameters<KeptAnswers["put"]>): TriedRow["failure"] {
  try {
    cache.put(...answer);
  } catch (error) {
    return { error };
  }
  return undefined;
}
