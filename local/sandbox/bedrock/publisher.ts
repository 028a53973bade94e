/** What Bedrock does by itself: it writes results to S3 and sends an event for each change of a job's status. */
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StoredBatch } from "../batch.ts";
import type { Records } from "../records.ts";
import type { BatchView, Runner } from "../runner.ts";
import { statusOf } from "./job-body.ts";
import { jobOf } from "./protocol.ts";
import { type JobStorage, s3Location } from "./storage.ts";

/** An event as EventBridge delivers it; its time is the sandbox's. */
export interface JobEvent {
  source: "aws.bedrock";
  "detail-type": "Batch Inference Job State Change";
  account: string;
  region: string;
  time: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** Milliseconds between two rounds over the jobs. */
const ROUND = 100;

interface PublisherDeps {
  batches: Records<StoredBatch>;
  runner: Runner;
  storage: JobStorage | undefined;
  region: string;
  account: string;
  onEvent: ((event: JobEvent) => void) | undefined;
}

export class Publisher {
  readonly #deps: PublisherDeps;
  readonly #stop = new AbortController();
  readonly #publishing = new Map<string, Promise<void>>();
  #running: Promise<void> | undefined;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#running = this.#rounds();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.allSettled(this.#publishing.values());
    this.#deps.storage?.close();
  }

  /** The job as it stands; an end shows only when its results are in S3. */
  async view(batch: StoredBatch): Promise<BatchView> {
    const view = await this.#deps.runner.view(batch);
    if (view.ended && !batch.published) await this.#publishOnce(view);
    return view;
  }

  async #rounds(): Promise<void> {
    const { batches } = this.#deps;
    while (!this.#stop.signal.aborted) {
      for (const batch of batches.newestFirst()) {
        if (batch.told) continue;
        // Work that failed is an error of the next call that reads the job.
        const view = await this.view(batch).catch(() => null);
        if (view) this.#announce(view);
      }
      await sleep(ROUND, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  #announce(view: BatchView): void {
    const { batch, ended, now } = view;
    const status = statusOf(view);
    if (batch.fields["told_status"] !== status) {
      batch.fields["told_status"] = status;
      this.#deps.onEvent?.(this.#eventOf(view, status, now));
    } else if (!ended) return;
    batch.told = ended;
    this.#deps.batches.save(batch);
  }

  #eventOf({ batch, plan }: BatchView, status: string, now: number): JobEvent {
    const { region, account } = this.#deps;
    const { jobName, modelId } = jobOf(batch);
    const arn = String(batch.fields["arn"]);
    return {
      source: "aws.bedrock",
      "detail-type": "Batch Inference Job State Change",
      account,
      region,
      time: new Date(now).toISOString(),
      resources: [arn],
      detail: {
        version: "0.0",
        accountId: account,
        batchJobName: jobName,
        batchJobArn: arn,
        batchModelId: modelId,
        status,
        failureMessage: plan?.errors[0]?.message ?? "",
        creationTime: new Date(batch.created).toISOString(),
      },
    };
  }

  #publishOnce(view: BatchView): Promise<void> {
    const { id } = view.batch;
    let publishing = this.#publishing.get(id);
    if (!publishing) {
      publishing = this.#publish(view).finally(() => this.#publishing.delete(id));
      this.#publishing.set(id, publishing);
    }
    return publishing;
  }

  /** A job that failed or never ran leaves nothing; a stopped one what it had done. */
  async #publish({ batch, plan, settled, schedule }: BatchView): Promise<void> {
    const { batches, runner, storage } = this.#deps;
    if (storage && plan && settled && schedule && plan.errors.length === 0 && schedule.share > 0) {
      const { bucket, key } = s3Location(jobOf(batch).outputDataConfig.s3OutputDataConfig.s3Uri);
      const folder = `${key.replace(/\/?$/, key === "" ? "" : "/")}${batch.id}/`;
      const name = basename(String(batch.fields["input_key"]));
      await storage.putFile(
        { bucket, key: `${folder}${name}.out` },
        runner.resultPaths(batch, settled).output,
      );
      const manifest = {
        totalRecordCount: plan.requests,
        processedRecordCount: settled.succeeded + settled.failed,
        successRecordCount: settled.succeeded,
        errorRecordCount: settled.failed,
        inputTokenCount: settled.input_tokens,
        outputTokenCount: settled.output_tokens,
      };
      await storage.putText({ bucket, key: `${folder}manifest.json.out` }, JSON.stringify(manifest));
    }
    batch.published = true;
    batches.save(batch);
  }
}
