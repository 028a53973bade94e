/** Bedrock's jobs, as far as Nightshift uses them. Their requests and results are objects of the simulated bucket. */
import type { CreateJob } from "../../local/sandbox/bedrock/create-params.ts";
import { jobBody } from "../../local/sandbox/bedrock/job-body.ts";
import type { ProviderName } from "../../shared/models.ts";
import type { Gate } from "../harness/guarded-stores.ts";
import { viewOf } from "./batch-view.ts";
import type { SimulatedBucket } from "./bucket.ts";
import { requestsIn } from "./forms.ts";
import type { SimulatedBatch } from "./provider-batches.ts";
import type { ApiAnswer, ApiRequest } from "./provider-http.ts";
import type { Random } from "./random.ts";
import { type Route, SimulatedService } from "./service.ts";
import type { World } from "./world.ts";

/** Where the stack has Bedrock write. */
export const BEDROCK_BUCKET = "s3://bucket/jobs";

const OPERATIONS: Record<string, string> = {
  CreateModelInvocationJob: "batches.create",
  GetModelInvocationJob: "batches.retrieve",
  ListModelInvocationJobs: "batches.list",
  StopModelInvocationJob: "batches.cancel",
};

/** The simulated Bedrock. A path is the name of a command, a body its input; in real time both are the API's own. */
export class BedrockApi extends SimulatedService {
  /** Fewest records of a job. */
  least = 1;
  readonly #bucket: SimulatedBucket;
  readonly #gate: Gate;
  /** Jobs that may be open at once; null: any number. */
  readonly #open: number | null;

  constructor(
    provider: ProviderName,
    world: World,
    random: Random,
    { bucket, gate }: { bucket: SimulatedBucket; gate: Gate },
  ) {
    super(provider, world, random);
    this.#gate = gate;
    this.#bucket = bucket;
    this.#open = world.faults.has("queue full") ? random.int(1, 2) : null;
  }

  operation({ path }: Route): string {
    return OPERATIONS[path.slice(1)] ?? "ask";
  }

  answer(request: ApiRequest): ApiAnswer {
    const operation = this.operation(request);
    if (operation === "ask") {
      this.#gate("bedrock:InvokeModel", "arn:AWS::Partition:bedrock:AWS::Region::foundation-model/sim");
      return this.ask(request);
    }
    const input = JSON.parse(request.body.toString("utf8"));
    if (operation === "batches.create") return this.#create(input);
    if (operation === "batches.list") return this.#list(input);
    const batch = this.batches.get(input.jobIdentifier, "");
    if (!batch) return this.problem(404, "Could not find the model invocation job.");
    if (operation === "batches.retrieve") return { status: 200, json: this.#shown(batch) };
    return this.batches.cancel(batch)
      ? { status: 200, json: {} }
      : this.problem(409, "The job cannot be stopped any more.");
  }

  #create(job: CreateJob): ApiAnswer {
    // A token that was seen before makes nothing, whatever else the call says.
    const same = ({ fields }: SimulatedBatch) =>
      (fields.job as CreateJob).clientRequestToken === job.clientRequestToken;
    const known = this.batches.all.find(same);
    if (known) return { status: 200, json: { jobArn: known.id } };
    const open = this.batches.all.filter(({ ended }) => ended === null).length;
    if (this.#open !== null && open >= this.#open) {
      this.world.faults.count("queue full");
      const json = { __type: "ServiceQuotaExceededException", message: "too many jobs" };
      return { status: 400, json };
    }
    const file = this.#bucket.text(keyOf(job.inputDataConfig.s3InputDataConfig.s3Uri));
    if (file === null) throw new Error("the request file of a job is missing");
    const requests = requestsIn(this.protocol, file.trimEnd().split("\n"));
    const few = requests.length < this.least;
    const problem = few ? `Input has ${requests.length} records, fewer than the minimum.` : undefined;
    const id = this.next("arn:aws:bedrock:us-east-1:1:model-invocation-job/j");
    this.batches.create(id, "", requests, { job, arn: id, problem });
    return { status: 200, json: { jobArn: id } };
  }

  #list(input: { nameContains: string; submitTimeAfter: string; nextToken?: string }): ApiAnswer {
    const after = Date.parse(input.submitTimeAfter);
    const all = this.batches
      .listed("")
      .filter(({ created, fields }) => created > after && jobName(fields).includes(input.nameContains));
    const start = Number(input.nextToken ?? 0);
    const { page, more } = this.page(all, start);
    const next = more && { nextToken: String(start + page.length) };
    return {
      status: 200,
      json: { invocationJobSummaries: page.map((batch) => this.#shown(batch)), ...next },
    };
  }

  #shown(batch: SimulatedBatch): unknown {
    return jobBody(viewOf(batch, this.world.time.now));
  }

  protected keep({ id, fields, state }: SimulatedBatch, _name: string, file: Buffer): void {
    const { inputDataConfig, outputDataConfig } = fields.job as CreateJob;
    const name = inputDataConfig.s3InputDataConfig.s3Uri.split("/").at(-1);
    // Of a job that ran nothing there may be no object.
    if (file.length === 0 && state !== "completed" && this.random.chance(0.5)) return;
    const folder = keyOf(outputDataConfig.s3OutputDataConfig.s3Uri);
    this.#bucket.put(`${folder}${id.split("/").at(-1)}/${name}.out`, file);
  }
}

const jobName = (fields: Record<string, unknown>) => (fields.job as CreateJob).jobName;
const keyOf = (uri: string) => uri.replace("s3://bucket/", "");
