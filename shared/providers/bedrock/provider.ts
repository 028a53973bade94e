import { Readable } from "node:stream";
import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  GetFoundationModelAvailabilityCommand,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  StopModelInvocationJobCommand,
} from "@aws-sdk/client-bedrock";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AWS_CLIENT, S3_CLIENT } from "../../aws-client.ts";
import { ProviderAuthError, ProviderRejectedError, ProviderUnavailableError } from "../../errors.ts";
import type { Access } from "../access.ts";
import type { ProviderProfile } from "../profile.ts";
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
import { isObject } from "../wire/json.ts";
import { resultLines } from "../wire/result-lines.ts";
import type { Call } from "../wire/sdk-errors.ts";
import { hoursOf } from "../wire/window.ts";
import { bedrockOutcome } from "./answers.ts";
import { awsCalling, isMissing, otherRegion, sdkShaped } from "./aws-errors.ts";
import { folder, inputOf, resultsOf, s3Place, toProviderBatch } from "./batch.ts";
import { BedrockRuntime } from "./runtime.ts";

/** How far the provider's clock may be behind ours, in seconds. */
const CLOCK_MARGIN = 300;

/** Amazon Bedrock's batch inference, in the bucket of `NIGHTSHIFT_BEDROCK_BUCKET`. */
export function bedrockProvider(access: Access, profile: ProviderProfile): Provider {
  if (access.kind !== "aws") throw new Error("Amazon Bedrock takes no key");
  const { NIGHTSHIFT_BEDROCK_BUCKET: uri } = access.settings;
  // In real time there is none.
  const place = uri === undefined ? { bucket: "", key: "" } : s3Place(uri);
  if (place) return new BedrockProvider(access, profile, place);
  throw new ProviderAuthError(
    "NIGHTSHIFT_BEDROCK_BUCKET must be an S3 URI, such as s3://my-bucket/nightshift",
  );
}

class BedrockProvider implements Provider {
  readonly findsByMark = true;
  readonly limitsQueuedTokens = false;
  readonly #bedrock: BedrockClient;
  /** Sends a create once: were it sent again by itself, a last answer of 429 would hide that an earlier try made the job. */
  readonly #creator: BedrockClient;
  readonly #s3: S3Client;
  readonly #runtime: BedrockRuntime;
  readonly #access: Access;
  readonly #profile: ProviderProfile;
  readonly #place: { bucket: string; key: string };

  constructor(
    access: Access & { kind: "aws" },
    profile: ProviderProfile,
    place: { bucket: string; key: string },
  ) {
    this.#access = access;
    this.#profile = profile;
    this.#place = place;
    const { region } = access;
    this.#runtime = new BedrockRuntime(access, profile);
    const at = { region, endpoint: access.base_url };
    this.#bedrock = new BedrockClient({ ...AWS_CLIENT, ...at });
    this.#creator = new BedrockClient({ ...AWS_CLIENT, ...at, maxAttempts: 1 });
    this.#s3 = new S3Client({
      ...S3_CLIENT,
      region,
      forcePathStyle: process.env.AWS_ENDPOINT_URL_S3 !== undefined,
    });
  }

  async submitBatch(submission: BatchSubmission): Promise<ProviderBatch> {
    const { mark, spec, beforeCreate } = submission;
    const name = `${mark.job_id}/bedrock/${mark.batch}-r${mark.round}`;
    const input = await this.#input(submission, name);
    await beforeCreate(input.copied ? input.uri : null);
    const output = `s3://${this.#place.bucket}/${folder(this.#place.key)}${name}/`;
    const attempt = mark.attempt ?? 0;
    const command = new CreateModelInvocationJobCommand({
      jobName: `nightshift-${mark.tag}-${attempt}`,
      // A new try of this round gets a new one: with a used one, Bedrock gives the old job.
      clientRequestToken: `${mark.tag}-${attempt}`,
      roleArn: this.#access.settings.NIGHTSHIFT_BEDROCK_ROLE_ARN,
      modelId: spec.model,
      modelInvocationType: spec.endpoint === "/v1/chat/completions" ? "Converse" : "InvokeModel",
      inputDataConfig: { s3InputDataConfig: { s3Uri: input.uri, s3InputFormat: "JSONL" } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: output } },
      timeoutDurationInHours: spec.completion_window === undefined ? 24 : hoursOf(spec.completion_window),
    });
    const { jobArn } = await this.#calling("creating a job", "create", () => this.#creator.send(command));
    const { inputDataConfig, outputDataConfig } = command.input;
    const created = { jobArn, inputDataConfig, outputDataConfig };
    return { ...toProviderBatch(created), request_count: submission.request_count };
  }

  /** The request file in place, where it is in the same bucket; else a copy. */
  async #input(
    { object, open, bytes }: BatchSubmission,
    name: string,
  ): Promise<{ uri: string; copied: boolean }> {
    const { bucket, key } = this.#place;
    if (object?.bucket === bucket) return { uri: `s3://${bucket}/${object.key}`, copied: false };
    const Key = `${folder(key)}${name}/requests.jsonl`;
    const Body = await open();
    const put = new PutObjectCommand({ Bucket: bucket, Key, Body, ContentLength: bytes });
    await this.#calling(`storing the requests in ${bucket}`, "other", () => this.#s3.send(put)).finally(() =>
      Body.destroy(),
    );
    return { uri: `s3://${bucket}/${Key}`, copied: true };
  }

  async pollStatus(id: string): Promise<ProviderBatch> {
    const command = new GetModelInvocationJobCommand({ jobIdentifier: id });
    return toProviderBatch(
      await this.#calling(`reading job ${id}`, "read", () => this.#bedrock.send(command)),
    );
  }

  /** The results in S3. A job that never started has none. */
  async *getResults(batch: EndedBatch, place = firstPlace()): AsyncGenerator<Iterable<ItemOutcome>> {
    const known = resultsOf(batch.raw) ? batch : await this.pollStatus(batch.id);
    const object = resultsOf(known.raw);
    if (!object)
      throw new ProviderUnavailableError(`Amazon Bedrock does not say where job ${batch.id} wrote`);
    const ended = isObject(known.raw) && known.raw.status === "Completed";
    const call = this.#call(`reading ${object.key}`, "read");
    const open = async ({ range }: Record<string, string>) => {
      const command = new GetObjectCommand({
        Bucket: object.bucket,
        Key: object.key,
        ...(range && { Range: range }),
      });
      const { Body, ContentRange } = await this.#s3.send(command).catch((error: unknown) => {
        throw sdkShaped(error);
      });
      const headers = ContentRange === undefined ? {} : { "content-range": ContentRange };
      const stream = Readable.toWeb(Body as Readable) as ReadableStream;
      return new Response(stream, { status: ContentRange === undefined ? 200 : 206, headers });
    };
    if (!ended && !(await this.#exists(object))) return;
    yield* resultLines({ number: 0, call, open }, bedrockOutcome, place);
  }

  async #exists({ bucket, key }: { bucket: string; key: string }): Promise<boolean> {
    try {
      await this.#s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw await this.#calling(`reading ${key}`, "read", () => Promise.reject(error));
    }
  }

  answerNow(request: NowRequest, signal: AbortSignal, onHeaders?: OnHeaders): Promise<ItemOutcome> {
    return this.#runtime.answerNow(request, signal, onHeaders);
  }

  async cancelBatch(id: string): Promise<ProviderBatch> {
    const command = new StopModelInvocationJobCommand({ jobIdentifier: id });
    try {
      await this.#calling(`stopping job ${id}`, "read", () => this.#bedrock.send(command));
    } catch (error) {
      if (!(error instanceof ProviderRejectedError || error instanceof ProviderUnavailableError)) throw error;
    }
    return this.pollStatus(id);
  }

  /** Certain: the tag is in the name of the job. */
  async findBatch({ mark, created_after }: BatchQuery): Promise<ProviderBatch[]> {
    return await this.#calling("listing jobs", "read", async () => {
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

  /** Bedrock writes the results before it calls a job completed. */
  unsettled(): null {
    return null;
  }

  /** Bedrock refuses a create when too many jobs wait, and fails none for it. */
  queueRefusal(): null {
    return null;
  }

  /** Removes the copies of requests and results; what is in a job's own folder goes with the job. */
  async deleteFiles({ raw }: EndedBatch): Promise<void> {
    const input = inputOf(raw);
    if (!input?.key.endsWith("/requests.jsonl")) return;
    for (const place of [input, resultsOf(raw)]) if (place) await this.#delete(place);
  }

  async deleteUpload(uri: string): Promise<void> {
    const place = s3Place(uri);
    if (place) await this.#delete(place);
  }

  async #delete({ bucket, key }: { bucket: string; key: string }): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
    await this.#calling(`deleting ${key}`, "other", () => this.#s3.send(command));
  }

  /** Lists a job, and finds out where the bucket is. */
  async checkAccess(): Promise<null> {
    const command = new ListModelInvocationJobsCommand({ maxResults: 1 });
    await this.#calling("listing jobs", "other", () => this.#bedrock.send(command));
    const { bucket } = this.#place;
    const what = `looking for the bucket ${bucket}`;
    const found = await this.#calling(what, "other", () =>
      this.#s3.send(new HeadBucketCommand({ Bucket: bucket })),
    );
    const { region } = this.#access as Access & { kind: "aws" };
    if (found.BucketRegion && found.BucketRegion !== region)
      throw new ProviderAuthError(
        `${this.#profile.title}: ${otherRegion(String(this.#access.settings.NIGHTSHIFT_BEDROCK_BUCKET), region, found.BucketRegion)}`,
      );
    return null;
  }

  /** What keeps jobs of a model from running here; null when nothing does. Inference profiles and own models are not looked up. */
  async checkModel(modelId: string): Promise<string | null> {
    if (/^arn:|^(us|eu|apac|global|jp|au|us-gov)\./.test(modelId)) return null;
    const command = new GetFoundationModelAvailabilityCommand({ modelId });
    const model = await this.#calling(`looking up ${modelId}`, "other", () => this.#bedrock.send(command));
    const { region } = this.#access as Access & { kind: "aws" };
    if (model.regionAvailability === "NOT_AVAILABLE") return `${modelId} is not in ${region}`;
    const denied =
      model.authorizationStatus === "NOT_AUTHORIZED" || model.entitlementAvailability === "NOT_AVAILABLE";
    return denied
      ? `this account has no access to ${modelId} in ${region}: ask for it in the Bedrock console`
      : null;
  }

  #calling<T>(what: string, kind: Call["kind"], run: () => Promise<T>): Promise<T> {
    return awsCalling(this.#call(what, kind), run);
  }

  #call(what: string, kind: Call["kind"]): Call {
    return { provider: this.#profile.title, access: this.#access, what, kind };
  }
}
