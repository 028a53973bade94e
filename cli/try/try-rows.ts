/** Asks a few rows of a file in real time. */
import type { Charge, JobSpec } from "../../shared/models.ts";
import { chargeFor } from "../../shared/money/prices.ts";
import { type AskedNow, askNow, type NowProvider } from "../../shared/providers/ask-now.ts";
import type { PickedRow } from "../input/pick-rows.ts";
import type { TryCache } from "./try-cache.ts";

/** A row and what came of it. */
export interface TriedRow extends PickedRow {
  asked: AskedNow;
  /** What the answer costs; null when there is none. */
  charge: Charge | null;
  /** Whether it was answered by an earlier try: nothing was paid now. */
  cached: boolean;
}

/** What rows are asked with. */
export interface TryDeps {
  provider: NowProvider;
  /** Who answers, as `Backend` has it. */
  origin: string | undefined;
  cache: TryCache;
  onRow: (row: TriedRow) => void;
}

/** Rows that are asked at once. */
const AT_ONCE = 5;

/**
 * Asks all rows, and tells of each as it comes.
 * @throws ProviderAuthError when the key is refused
 */
export async function tryRows(rows: readonly PickedRow[], spec: JobSpec, deps: TryDeps): Promise<TriedRow[]> {
  const stop = new AbortController();
  const tried: TriedRow[] = [];
  const waiting = rows[Symbol.iterator]();
  const worker = async () => {
    for (const row of waiting) {
      const done = await tryRow(row, spec, deps, stop.signal);
      tried.push(done);
      deps.onRow(done);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } finally {
    stop.abort();
  }
  return tried;
}

/** Asks one row, unless an earlier try has its answer. */
export async function tryRow(
  row: PickedRow,
  { provider: name, endpoint, betas, model, prices }: JobSpec,
  { provider, origin, cache }: TryDeps,
  signal: AbortSignal,
): Promise<TriedRow> {
  const identity = [name, origin, endpoint, betas?.join(), row.body];
  const known = await cache.get(identity);
  const asked =
    known ?? (await askNow(provider, { endpoint, betas, custom_id: row.custom_id, body: row.body }, signal));
  if (!known) cache.put(identity, asked);
  const usage = asked.outcome?.response?.usage;
  const charge = usage ? chargeFor(name, asked.outcome?.model ?? model, usage, prices) : null;
  return { ...row, asked, charge, cached: known !== null };
}
