import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  GetFoundationModelAvailabilityCommand,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  StopModelInvocationJobCommand,
} from "@aws-sdk/client-bedrock";
import { AWS_CLIENT } from "../../aws-client.ts";
import { ProviderAuthError, ProviderUnavailableError } from "../../errors.ts";
import { isObject } from "../../json/values.ts";
import type { Access } from "../access.ts";
import { hoursOf, type ProviderProfile } from "../profile.ts";
import {
  type BatchQuery,
  type BatchSubmission,
  type EndedBatch,
  firstPlace,
  type ItemOutcome,
  type NowRequest,
  type OnHeaders,
  type Provider,
  type ProviderBatch,
} from "../provider.ts";
import { BaseProvider } from "../wire/base-provider.ts";
import { CLOCK_MARGIN } from "../wire/batch-words.ts";
import type { Call } from "../wire/call-errors.ts";
import { resultLines } from "../wire/result-lines.ts";
import { bedrockOutcome } from "./answers.ts";
import { awsCalling, otherRegion } from "./aws-errors.ts";
import { inputOf, resultsOf, type S3Location, s3Location, toProviderBatch } from "./batch.ts";
import { BedrockBucket } from "./bucket.ts";
import { BedrockRuntime } from "./runtime.ts";

/** Amazon Bedrock's batch inference, in the bucket of `NIGHTSHIFT_BEDROCK_BUCKET`. */
export function bedrockProvider(access: Access, profile: ProviderProfile): Provider {
  if (access.kind !== "aws") throw new Error("Amazon Bedrock takes no key");
  const { NIGHTSHIFT_BEDROCK_BUCKET: uri } = access.settings;
  // In real time there is none.
  const place = uri === undefined ? { bucket: "", key: "" } : s3Location(uri);
  if (place) return new BedrockProvider(access, profile, place);
  throw new ProviderAuthError(
    "NIGHTSHIFT_BEDROCK_BUCKET must be an S3 URI, such as s3://my-bucket/nightshift",
  );
}

/**
 * Bedrock writes the results before it calls a job completed, so that none is unsettled. It refuses a create when too many jobs
 * wait, and fails none for it.
 */
class BedrockProvider extends BaseProvider implements Provider {
  readonly findsByMark = true;
  readonly #bedrock: BedrockClient;
  /** Sends a create once: were it sent again by itself, a last answer of 429 would hide that an earlier try made the job. */
  readonly #creator: BedrockClient;
  readonly #bucket: BedrockBucket;
  readonly #runtime: BedrockRuntime;
  readonly #region: string;

  constructor(access: Access & { kind: "aws" }, profile: ProviderProfile, place: S3Location) {
    super(access, profile);
    const { region } = access;
    this.#bucket = new BedrockBucket(region, place);
    this.#region = region;
    this.#runtime = new BedrockRuntime(access, profile);
    const at = { region, endpoint: access.base_url };
    this.#bedrock = new BedrockClient({ ...AWS_CLIENT, ...at });
    this.#creator = new BedrockClient({ ...AWS_CLIENT, ...at, maxAttempts: 1 });
  }

  async submitBatch(submission: BatchSubmission): Promise<ProviderBatch> {
    const { mark, spec, beforeCreate } = submission;
    const name = `${mark.job_id}/bedrock/${mark.batch}-r${mark.round}`;
    const storing = `storing the requests in ${this.#bucket.name}`;
    const input = await this.calling(storing, "other", () => this.#bucket.putRequests(submission, name));
    await beforeCreate(input.copied ? input.uri : null);
    const attempt = mark.attempt ?? 0;
    const command = new CreateModelInvocationJobCommand({
      jobName: `nightshift-${mark.tag}-${attempt}`,
      // A new try of this round gets a new one: with a used one, Bedrock gives the old job.
      clientRequestToken: `${mark.tag}-${attempt}`,
      roleArn: this.access.settings.NIGHTSHIFT_BEDROCK_ROLE_ARN,
      modelId: spec.model,
      modelInvocationType: spec.endpoint === "/v1/chat/completions" ? "Converse" : "InvokeModel",
      inputDataConfig: { s3InputDataConfig: { s3Uri: input.uri, s3InputFormat: "JSONL" } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: this.#bucket.uriOf(`${name}/`) } },
      timeoutDurationInHours: spec.completion_window === undefined ? 24 : hoursOf(spec.completion_window),
    });
    const { jobArn } = await this.calling("creating a job", "create", () => this.#creator.send(command));
    const { inputDataConfig, outputDataConfig } = command.input;
    const created = { jobArn, inputDataConfig, outputDataConfig };
    return { ...toProviderBatch(created), request_count: submission.request_count };
  }

  async pollStatus(id: string): Promise<ProviderBatch> {
    const command = new GetModelInvocationJobCommand({ jobIdentifier: id });
    return toProviderBatch(
      await this.calling(`reading job ${id}`, "read", () => this.#bedrock.send(command)),
    );
  }

  /** The results in S3. A job that never started has none. */
  async *getResults(batch: EndedBatch, place = firstPlace()): AsyncGenerator<Iterable<ItemOutcome>> {
    const known = resultsOf(batch.raw) ? batch : await this.pollStatus(batch.id);
    const object = resultsOf(known.raw);
    if (!object)
      throw new ProviderUnavailableError(`Amazon Bedrock does not say where job ${batch.id} wrote`);
    const ended = isObject(known.raw) && known.raw.status === "Completed";
    const call = this.call(`reading ${object.key}`, "read");
    const open = ({ range }: Record<string, string>) => this.#bucket.read(object, range);
    if (!ended && !(await awsCalling(call, () => this.#bucket.exists(object)))) return;
    yield* resultLines({ number: 0, call, open }, bedrockOutcome, place);
  }

  answerNow(request: NowRequest, signal: AbortSignal, onHeaders?: OnHeaders): Promise<ItemOutcome> {
    return this.#runtime.answerNow(request, signal, onHeaders);
  }

  cancelBatch(id: string): Promise<ProviderBatch> {
    const command = new StopModelInvocationJobCommand({ jobIdentifier: id });
    return this.cancelled(id, async () => {
      await this.calling(`stopping job ${id}`, "read", () => this.#bedrock.send(command));
      return undefined;
    });
  }

  /** Certain: the tag is in the name of the job. */
  async findBatch({ mark, created_after }: BatchQuery): Promise<ProviderBatch[]> {
    return await this.calling("listing jobs", "read", async () => {
      const found: ProviderBatch[] = [];
      for (let nextToken: string | undefined; ; ) {
        const page = await this.#bedrock.send(
          new ListModelInvocationJobsCommand({
            nameContains: `nightshift-${mark.tag}`,
            submitTimeAfter: new Date((created_after - CLOCK_MARGIN) * 1000),
            maxResults: 100,
            nextToken,
          }),
        );
        found.push(...(page.invocationJobSummaries ?? []).map(toProviderBatch));
        nextToken = page.nextToken;
        if (!nextToken) return found;
      }
    });
  }

  /** Removes the copies of requests and results; what is in a job's own folder goes with the job. */
  override async deleteFiles({ raw }: EndedBatch): Promise<void> {
    const input = inputOf(raw);
    if (!input?.key.endsWith("/requests.jsonl")) return;
    for (const place of [input, resultsOf(raw)]) if (place) await this.#delete(place);
  }

  override async deleteUpload(uri: string): Promise<void> {
    const place = s3Location(uri);
    if (place) await this.#delete(place);
  }

  #delete(place: S3Location): Promise<void> {
    return this.calling(`deleting ${place.key}`, "other", () => this.#bucket.delete(place));
  }

  /** Lists a job, and finds out where the bucket is. */
  async checkAccess(): Promise<null> {
    const command = new ListModelInvocationJobsCommand({ maxResults: 1 });
    await this.calling("listing jobs", "other", () => this.#bedrock.send(command));
    const what = `looking for the bucket ${this.#bucket.name}`;
    const found = await this.calling(what, "other", () => this.#bucket.region());
    const region = this.#region;
    if (found && found !== region)
      throw new ProviderAuthError(
        `${this.profile.title}: ${otherRegion(String(this.access.settings.NIGHTSHIFT_BEDROCK_BUCKET), region, found)}`,
      );
    return null;
  }

  /** What keeps jobs of a model from running here; null when nothing does. Inference profiles and own models are not looked up. */
  async checkModel(modelId: string): Promise<string | null> {
    if (/^arn:|^(us|eu|apac|global|jp|au|us-gov)\./.test(modelId)) return null;
    const command = new GetFoundationModelAvailabilityCommand({ modelId });
    const model = await this.calling(`looking up ${modelId}`, "other", () => this.#bedrock.send(command));
    const region = this.#region;
    if (model.regionAvailability === "NOT_AVAILABLE") return `${modelId} is not in ${region}`;
    const denied =
      model.authorizationStatus === "NOT_AUTHORIZED" || model.entitlementAvailability === "NOT_AVAILABLE";
    return denied
      ? `this account has no access to ${modelId} in ${region}: ask for it in the Bedrock console`
      : null;
  }

  protected override calling<T>(what: string, kind: Call["kind"], run: () => Promise<T>): Promise<T> {
    return awsCalling(this.call(what, kind), run);
  }
}
