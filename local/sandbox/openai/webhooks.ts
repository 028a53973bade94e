/** OpenAI's webhooks: it sends the end of each batch to an address, signed as OpenAI signs. */
import { setTimeout as sleep } from "node:timers/promises";
import { signedHeaders } from "../../../shared/secrets/webhook-signature.ts";
import type { StoredBatch } from "../batch.ts";
import { digest } from "../chance.ts";
import type { Records } from "../records.ts";
import type { BatchView } from "../runner.ts";

export interface WebhookTarget {
  /** Gets a POST for each batch that ends. */
  url: string;
  /** What they are signed with: `whsec_` and base64. */
  secret: string;
  /** Gets each try to deliver one. */
  onDelivery?: ((delivery: Delivery) => void) | undefined;
}

export interface Delivery {
  /** The event's type: `batch.completed`. */
  event: string;
  batch: string;
  /** Null when the address did not answer. */
  status: number | null;
}

/** Milliseconds between two searches for batches that have ended. */
const INTERVAL = 100;
/** Seconds between two deliveries of an event that was not accepted; OpenAI continues for three days. */
const PAUSES = [1, 2, 4, 8, 16, 32, 60, 60];
/** Milliseconds that the address has for its answer. */
const PATIENCE = 10_000;

interface Watched {
  batches: Records<StoredBatch>;
  /** The batch as it stands, with its result files once it has ended. */
  view: (batch: StoredBatch) => Promise<BatchView>;
}

/** Watches the batches for ends: their states follow the clock, and there may be no call that reads them. */
export class Webhooks {
  readonly #targets: () => readonly WebhookTarget[];
  readonly #watched: Watched;
  readonly #stop = new AbortController();
  readonly #delivering = new Set<string>();
  #watching: Promise<void> | undefined;

  constructor(targets: () => readonly WebhookTarget[], watched: Watched) {
    this.#targets = targets;
    this.#watched = watched;
  }

  /** Begins to watch, with the ends that an earlier process did not send. Without a target it does nothing. */
  start(): void {
    if (this.#targets().length > 0) this.#watching ??= this.#watch();
  }

  /** Sends nothing afterwards; what was not delivered is sent after the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const batch of this.#watched.batches.newestFirst()) {
        if (batch.told || this.#delivering.has(batch.id)) continue;
        // Work that failed is an error of the next call that reads the batch.
        const view = await this.#watched.view(batch).catch(() => null);
        if (!view?.ended) continue;
        this.#delivering.add(batch.id);
        void this.#send(view).finally(() => this.#delivering.delete(batch.id));
      }
      await sleep(INTERVAL, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #send({ batch, schedule }: BatchView): Promise<void> {
    const event = `batch.${schedule?.outcome}`;
    const created_at = Math.floor((schedule?.ended ?? 0) / 1000);
    const id = digest("event", batch.id).slice(0, 24);
    const body = { id: `evt_${id}`, object: "event", created_at, type: event, data: { id: batch.id } };
    const delivered = this.#targets().map((target) =>
      this.#deliverTo(target, { event, batch: batch.id }, `wh_${id}`, JSON.stringify(body)),
    );
    if ((await Promise.all(delivered)).includes(false)) return;
    batch.told = true;
    this.#watched.batches.save(batch);
  }

  /** Delivers until it is taken, or given up. @returns false when the sandbox was closed before */
  async #deliverTo(
    target: WebhookTarget,
    about: Omit<Delivery, "status">,
    id: string,
    body: string,
  ): Promise<boolean> {
    for (const pause of [...PAUSES, 0]) {
      const status = await this.#deliver(target, id, body);
      if (this.#stop.signal.aborted) return false;
      target.onDelivery?.({ ...about, status });
      if (status !== null && status >= 200 && status < 300) return true;
      if (await sleep(pause * 1000, true, { signal: this.#stop.signal }).catch(() => false)) continue;
      return false;
    }
    return true;
  }

  /** @returns the status of the answer; a redirect is not followed, as OpenAI does not */
  async #deliver({ url, secret }: WebhookTarget, id: string, body: string): Promise<number | null> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(PATIENCE)]);
    const headers = { "content-type": "application/json", ...signed(secret, id, body) };
    const request = { method: "POST", body, headers, redirect: "manual", signal } as const;
    const answer = await fetch(url, request).catch(() => null);
    await answer?.body?.cancel().catch(() => undefined);
    return answer?.status ?? null;
  }
}

/** The headers with which OpenAI sends a body now. */
export function signed(secret: string, id: string, body: string): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return signedHeaders(key, id, body, Date.now() / 1000);
}
