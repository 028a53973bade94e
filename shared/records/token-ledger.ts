/**
 * The token queue: a provider limits the prompt tokens of a model's waiting batches, for all jobs of an account
 * together. The ledger, one record for each account and model, admits batches by their estimated tokens. The limit is
 * learned from the provider's rejections. It is forgotten after a day, because it may have been raised. Until it is
 * known every batch is admitted.
 */
import * as z from "zod";
import { hasEnded } from "../models.ts";
import { PROFILES } from "../providers/list.ts";
import { type Account, accountName } from "../tenants/account.ts";
import { type BatchId, type BatchRecord, ownerOf, readBatch } from "./batch-record.ts";
import { getRecord, putNew, update } from "./table.ts";

/** Seconds for which a learned limit is believed. */
const LIMIT_LIFETIME = 24 * 3600;
/** Seconds after which no batch of a provider can still be waiting: its longest hours, and two. */
const holdLifetime = ({ provider }: Queue) => (PROFILES[provider].limits.longest_hours + 2) * 3600;
/** Seconds after which a hold without a batch at the provider was left by a dead execution. */
const CREATE_LIFETIME = 3600;
/** Tries of a conditional write that other runs keep overtaking. */
const ATTEMPTS = 20;

/** What a batch that was not admitted waits for, for people. */
export const TOKEN_QUEUE = "room in the provider's token queue";

/** The tokens that one batch takes of the queue. */
const Hold = z.object({
  job_id: z.string(),
  batch: z.int(),
  round: z.int(),
  tokens: z.number(),
  /** Unix seconds: since when. */
  at: z.number(),
});
type Hold = z.infer<typeof Hold>;

const Ledger = z.object({
  /** Raised by every write: the condition of the next. */
  version: z.int(),
  /** What each waiting batch takes, by its owner. */
  holds: z.record(z.string(), Hold),
  /** Tokens that may wait at once, where the provider has said so. */
  limit: z.number().optional(),
  learned_at: z.number().optional(),
});
type Ledger = z.infer<typeof Ledger>;

export interface Queue extends Account {
  model: string;
}

/** Whether a batch may be sent, and the state of the queue. */
export interface Admission {
  admitted: boolean;
  /** Whether no other batch is waiting in the queue. */
  alone: boolean;
  limit: number | undefined;
  tokens: number;
  /** The oldest hold of another batch. */
  oldest?: Hold | undefined;
}

/** The queue in which a batch waits at its provider. */
export function queueOf({ provider, account, model }: BatchRecord): Queue {
  return { provider, account, model: model ?? "" };
}

/** Takes a hold if the queue has room. A batch that is alone in the queue is always admitted. `now`: Unix seconds. */
export async function admit(queue: Queue, id: BatchId, tokens: number, now: number): Promise<Admission> {
  let checkedHolds = false;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ledger = await read(queue, now);
    const others = Object.entries(ledger.holds).filter(([owner]) => owner !== ownerOf(id));
    const waiting = others.reduce((sum, [, hold]) => sum + hold.tokens, 0);
    const held = ledger.holds[ownerOf(id)];
    const [oldest] = others.map(([, hold]) => hold).sort((a, b) => a.at - b.at);
    const alone = oldest === undefined;
    const admission = { alone, limit: ledger.limit, tokens: held?.tokens ?? tokens, oldest };
    if (held) return { admitted: true, ...admission };
    const room = ledger.limit === undefined || waiting + tokens <= ledger.limit;
    if (room || admission.alone) {
      const { job_id, batch, round } = id;
      const holds = { ...ledger.holds, [ownerOf(id)]: { job_id, batch, round, tokens, at: now } };
      if (await write(queue, ledger, { holds })) return { admitted: true, ...admission };
    } else if (checkedHolds) {
      return { admitted: false, ...admission };
    } else {
      // Executions that died hold what they never gave back.
      await dropDead(queue, ledger, now);
      checkedHolds = true;
    }
  }
  return { admitted: false, alone: false, limit: undefined, tokens };
}

/** Releases a hold; one that is not held is no error. `now`: Unix seconds. */
export function release(queue: Queue, id: BatchId, now: number): Promise<void> {
  return rewrite(queue, now, (ledger) => {
    if (!ledger.holds[ownerOf(id)]) return null;
    const { [ownerOf(id)]: _, ...holds } = ledger.holds;
    return { holds };
  });
}

/** Records the limit that the provider named, in tokens. `now`: Unix seconds. */
export function learnLimit(queue: Queue, limit: number, now: number): Promise<void> {
  return rewrite(queue, now, () => ({ limit, learned_at: now }));
}

/** Changes the ledger, as often as other runs overtake the write; null: there is nothing to change. */
async function rewrite(queue: Queue, now: number, change: (ledger: Ledger) => Partial<Ledger> | null) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ledger = await read(queue, now);
    const changed = change(ledger);
    if (changed === null || (await write(queue, ledger, changed))) return;
  }
}

/** The limit in tokens, where the provider has named one lately. `now`: Unix seconds. */
export async function knownLimit(queue: Queue, now: number): Promise<number | undefined> {
  return (await read(queue, now)).limit;
}

async function read(queue: Queue, now: number): Promise<Ledger> {
  const record = await getRecord(key(queue));
  const ledger = record ? Ledger.parse(record) : { version: 0, holds: {} };
  const holds = Object.entries(ledger.holds).filter(([, hold]) => now < hold.at + holdLifetime(queue));
  const current = ledger.learned_at !== undefined && now < ledger.learned_at + LIMIT_LIFETIME;
  return { ...ledger, holds: Object.fromEntries(holds), limit: current ? ledger.limit : undefined };
}

function write(queue: Queue, ledger: Ledger, change: Partial<Ledger>): Promise<boolean> {
  const { version, ...rest } = { ...ledger, ...change };
  const next = { ...rest, version: version + 1 };
  return version === 0 ? putNew({ ...key(queue), ...next }) : update(key(queue), next, { version });
}

/** Drops the holds of batches that have ended, and of those whose create never came. */
async function dropDead(queue: Queue, ledger: Ledger, now: number): Promise<void> {
  const holds: Ledger["holds"] = {};
  for (const [owner, hold] of Object.entries(ledger.holds)) {
    const record = await readBatch(hold);
    const waiting = record !== null && !hasEnded(record.status);
    if (waiting && (record.provider_batch_id || now < hold.at + CREATE_LIFETIME)) {
      // biome-ignore lint/plugin: an owner is a job's id, which we make, with a batch
      holds[owner] = hold;
    }
  }
  if (Object.keys(holds).length < Object.keys(ledger.holds).length) await write(queue, ledger, { holds });
}

function key({ model, ...account }: Queue) {
  return { pk: `queue#${accountName(account)}#${model}`, sk: "ledger" };
}
