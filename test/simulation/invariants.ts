/** What must be true when a simulation is over, whatever went wrong in it. */
import { type BatchStatus, hasEnded } from "../../shared/models.ts";
import type { BatchId } from "../../shared/records/batch-record.ts";
import { MARKS } from "./answers.ts";
import { jobViolations } from "./job-invariants.ts";
import { leftBatches, tagOf, unfound, unprovedLeft } from "./left-batches.ts";
import { isForeign, type SimulatedBatch } from "./provider-batches.ts";
import { isBilled } from "./provider-items.ts";
import type { Aftermath } from "./simulation.ts";

/** Step Functions: events in one history, and bytes of one state's input or output. */
const LONGEST_HISTORY = 25_000;
const LARGEST_STATE = 256 * 1024;
/** The longest wait between two looks at a batch, and for capacity (a `retry-after`, an hour's creates), in seconds. */
const LONGEST_POLL = 900;
const LONGEST_CAPACITY_WAIT = 3600;

/** The broken invariants, in words; none when all hold. */
export function violations(after: Aftermath): string[] {
  return [
    ...after.jobs.flatMap((job) => jobViolations(after, job)),
    ...batches(after),
    ...unfound(after).map(({ id }) => `${id} was overtaken, listed in time, and not found`),
    ...leftovers(after),
    ...limits(after),
    ...secrets(after),
    ...[...after.grants.refused].map((refusal) => `${refusal}: its policy does not allow it`),
  ];
}

function allBatches({ services }: Aftermath): SimulatedBatch[] {
  return [...services.values()].flatMap(({ batches }) => batches.all);
}

/** One provider batch a round, and none that still runs. */
function batches(after: Aftermath): string[] {
  const found: string[] = [];
  const [theirs, ours] = [
    allBatches(after).filter(isForeign),
    allBatches(after).filter((batch) => !isForeign(batch)),
  ];
  for (const batch of theirs)
    if (batch.cancelled !== null) found.push(`${batch.id}, somebody else's, was cancelled`);
  // One that was left was asked to end, if it surely is ours, and nobody waits for it.
  const left = new Set([
    ...leftBatches(after).filter(({ cancelled }) => cancelled !== null),
    ...unprovedLeft(after),
  ]);
  const byTag = Map.groupBy(ours, tagOf);
  for (const [tag, made] of byTag) {
    const used = made.filter((batch) => batch.items.some((item) => item.delivered && isBilled(item)));
    if (used.length > 1) found.push(`round ${tag} was paid in ${used.map(({ id }) => id).join(" and ")}`);
    for (const batch of made)
      if (batch.ended === null && !left.has(batch)) found.push(`${batch.id} still runs (${batch.state})`);
  }
  return found;
}

/** No file and no place in a queue stays behind; an upload whose answer was lost goes by itself. */
function leftovers(after: Aftermath): string[] {
  const { services, table, world } = after;
  const found: string[] = [];
  // Those of a batch that was left go by themselves, too: the upload says so, and the create.
  const passing = new Set(leftBatches(after).flatMap(({ fields }) => Object.values(fields).flat()));
  const files = [...services.values()].flatMap((service) =>
    [...service.files.keys()].filter((id) => !service.passing.has(id) && !passing.has(id)),
  );
  // Whose key is refused cannot delete.
  const refused = world.faults.struck.has("provider refuses the key");
  if (files.length > 0 && !refused) found.push(`files left at the provider: ${files.join(", ")}`);
  for (const item of table.items.values()) {
    // A place whose batch has ended is given to whoever needs it: a run that came too late may have taken it.
    const holds = Object.entries((item.holds as Record<string, BatchId> | undefined) ?? {})
      .filter(([, { job_id, batch, round }]) => {
        const status = table.items.get(`job#${job_id}|batch#${batch}#r${round}`)?.status as BatchStatus;
        return !hasEnded(status);
      })
      .map(([owner]) => owner);
    if (holds.length > 0) found.push(`places left in the queue: ${holds.join(", ")}`);
  }
  return found;
}

/** Step Functions' limits, and the promise of how often a batch is looked at. */
function limits({ executions: { watched }, jobs }: Aftermath): string[] {
  // A job that goes over to real time polls at that moment, however short the wait is then.
  const shortest = Math.min(...jobs.map((job) => (job.real_time ? 1 : job.min_poll_seconds)));
  const found: string[] = [];
  if (watched.longestHistory >= LONGEST_HISTORY) found.push(`a history of ${watched.longestHistory} events`);
  for (const state of watched.states)
    if (state?.length >= LARGEST_STATE) found.push(`a state of ${state.length} bytes`);
  for (const wait of watched.polls) {
    if (wait !== 0 && (wait < shortest || wait > LONGEST_POLL))
      found.push(`a wait of ${wait} s before a poll`);
  }
  for (const wait of watched.capacityWaits) {
    if (wait < 1 || wait > LONGEST_CAPACITY_WAIT) found.push(`a wait of ${wait} s for capacity`);
  }
  return found;
}

/** No prompt, answer or key in a state, an event or a log. */
function secrets({ executions: { watched }, printed }: Aftermath): string[] {
  const places = {
    state: [...watched.states],
    event: watched.events.map((event) => JSON.stringify(event)),
    log: printed,
  };
  return Object.entries(places).flatMap(([place, texts]) =>
    Object.entries(MARKS)
      .filter(([, mark]) => texts.some((text) => text?.includes(mark)))
      .map(([what]) => `the ${what} mark stands in a ${place}`),
  );
}
