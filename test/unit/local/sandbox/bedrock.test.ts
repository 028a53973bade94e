/** Bedrock's batch inference by AWS's SDK, with a real S3 server behind it. */
import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  type CreateModelInvocationJobCommandInput,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  StopModelInvocationJobCommand,
} from "@aws-sdk/client-bedrock";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  InvokeModelCommand,
} from "@aws-sdk/client-bedrock-runtime";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { buildApp } from "fauxqs";
import { expect, onTestFinished, test, vi } from "vitest";
import type { JobEvent } from "../../../../local/sandbox/bedrock/publisher.ts";
import { namedFaults } from "../../../../local/sandbox/named-faults.ts";
import type { SandboxOptions } from "../../../../local/sandbox/sandbox.ts";
import { setup } from "./setup.ts";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
const NOVA = "amazon.nova-lite-v1:0";

async function bedrock(options: SandboxOptions = {}) {
  const server = buildApp({ logger: false });
  onTestFinished(() => server.close());
  const endpoint = await server.listen({ port: 0, host: "127.0.0.1" });
  const s3Config = { endpoint, region: "us-east-1", credentials, forcePathStyle: true };
  const s3 = new S3Client(s3Config);
  await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  const events: JobEvent[] = [];
  const onEvent = (event: JobEvent) => void events.push(event);
  const given = await setup({
    bedrock: { s3: s3Config, onEvent },
    limits: { bedrock_records_min: 3 },
    ...options,
  });
  const client = new BedrockClient({
    endpoint: given.sandbox.baseUrls.bedrock,
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
  });
  return { ...given, s3, client, events };
}

type Given = Awaited<ReturnType<typeof bedrock>>;

function records(count: number, input: object = {}): string[] {
  return Array.from({ length: count }, (_, at) => {
    const messages = [{ role: "user", content: [{ text: `Define the word item-${at}.` }] }];
    const modelInput = { messages, inferenceConfig: { maxTokens: 100 }, ...input };
    return JSON.stringify({ recordId: `tag-${at}`, modelInput });
  });
}

async function create(
  { s3, client }: Given,
  lines: string[],
  params: Partial<CreateModelInvocationJobCommandInput> = {},
): Promise<string> {
  const Body = `${lines.join("\n")}\n`;
  await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "jobs/in.request.jsonl", Body }));
  const { jobArn } = await client.send(
    new CreateModelInvocationJobCommand({
      jobName: "nightshift-tag1",
      roleArn: "arn:aws:iam::000000000000:role/batch",
      modelId: NOVA,
      modelInvocationType: "Converse",
      inputDataConfig: { s3InputDataConfig: { s3Uri: "s3://bucket/jobs/in.request.jsonl" } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: "s3://bucket/out/" } },
      ...params,
    }),
  );
  return String(jobArn);
}

const get = ({ client }: Given, jobIdentifier: string) =>
  client.send(new GetModelInvocationJobCommand({ jobIdentifier }));

/** The job once the sandbox has read its input: that is no matter of the clock. */
async function planned(given: Given, arn: string) {
  given.pass(15);
  await vi.waitFor(async () => expect((await get(given, arn)).status).not.toBe("Validating"), {
    timeout: 10_000,
  });
}

async function output(
  { s3 }: Given,
  arn: string,
  name = "in.request.jsonl.out",
): Promise<Record<string, unknown>[]> {
  const Key = `out/${arn.split("/").at(-1)}/${name}`;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "bucket", Key }));
  return String(await Body?.transformToString())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("a job from S3 to S3: statuses, counts, a line each with the input again, a manifest, events", async () => {
  const given = await bedrock();
  const arn = await create(given, [...records(4), ...records(1, { toolConfig: {} })]);
  expect(arn).toMatch(/^arn:aws:bedrock:us-east-1:\d{12}:model-invocation-job\/[a-z0-9]{12}$/);
  expect((await get(given, arn)).status).toBe("Submitted");
  await planned(given, arn);
  expect(await get(given, arn)).toMatchObject({
    status: "InProgress",
    totalRecordCount: 5,
    jobName: "nightshift-tag1",
  });
  given.pass(85);
  const job = await get(given, arn.split("/").at(-1) ?? "");
  expect(job).toMatchObject({
    status: "Completed",
    successRecordCount: 4,
    errorRecordCount: 1,
    processedRecordCount: 5,
  });
  expect(job.endTime).toBeInstanceOf(Date);
  const lines = await output(given, arn);
  expect(lines).toHaveLength(5);
  const good = lines.filter(({ modelOutput }) => modelOutput);
  for (const { recordId, modelInput, modelOutput } of good) {
    expect(modelInput).toMatchObject({ inferenceConfig: { maxTokens: 100 } });
    expect(JSON.stringify(modelOutput)).toContain(String(recordId).replace("tag-", "item-"));
  }
  expect(lines.find(({ error }) => error)?.["error"]).toMatchObject({ errorCode: 400 });
  const [manifest] = await output(given, arn, "manifest.json.out");
  expect(manifest).toMatchObject({
    totalRecordCount: 5,
    successRecordCount: 4,
    inputTokenCount: expect.any(Number),
  });
  await vi.waitFor(() =>
    expect(given.events.at(-1)?.detail).toMatchObject({ batchJobArn: arn, status: "Completed" }),
  );
  expect(given.events[0]).toMatchObject({ source: "aws.bedrock", resources: [arn] });
  expect((await given.sandbox.stats()).bedrock).toMatchObject({ batches_created: 1, requests_billed: 4 });
});

test("a token that was seen makes no second job; a list finds a job by its name", async () => {
  const given = await bedrock();
  const clientRequestToken = "0123456789abcdef";
  const first = await create(given, records(3), { clientRequestToken });
  expect(await create(given, records(3), { clientRequestToken, jobName: "other" })).toBe(first);
  await create(given, records(3), { jobName: "nightshift-tag2" });
  const list = (params: object) => given.client.send(new ListModelInvocationJobsCommand(params));
  const { invocationJobSummaries: found } = await list({ nameContains: "tag1" });
  expect(found).toMatchObject([{ jobArn: first, clientRequestToken }]);
  const page = await list({ maxResults: 1, sortBy: "CreationTime", sortOrder: "Descending" });
  expect(page.invocationJobSummaries).toMatchObject([{ jobName: "nightshift-tag2" }]);
  const rest = await list({ maxResults: 1, nextToken: page.nextToken });
  expect(rest.invocationJobSummaries).toMatchObject([{ jobArn: first }]);
  expect((await list({ submitTimeAfter: new Date(1_800_000_000_001) })).invocationJobSummaries).toEqual([]);
});

test("too few records, a missing object and a broken record fail late, with a message", async () => {
  const given = await bedrock();
  const few = await create(given, records(2));
  given.pass(15);
  await vi.waitFor(async () => expect((await get(given, few)).status).toBe("Failed"), { timeout: 10_000 });
  expect((await get(given, few)).message).toContain("fewer than the minimum of 3");
  const missing = { s3InputDataConfig: { s3Uri: "s3://bucket/nothing.jsonl" } };
  const lost = await create(given, records(3), { inputDataConfig: missing });
  const broken = await create(given, [...records(3), "no json"]);
  given.pass(15);
  for (const [arn, message] of [
    [lost, "could not read"],
    [broken, "Record 4"],
  ] as const) {
    await vi.waitFor(async () => expect((await get(given, arn)).message).toContain(message), {
      timeout: 10_000,
    });
  }
  const { Contents } = await given.s3.send(new ListObjectsV2Command({ Bucket: "bucket", Prefix: "out/" }));
  expect(Contents).toBeUndefined();
});

test("stopped: what was done is there; expired in the middle: partly completed", async () => {
  const given = await bedrock();
  const arn = await create(given, records(50));
  await planned(given, arn);
  given.pass(35);
  await given.client.send(new StopModelInvocationJobCommand({ jobIdentifier: arn }));
  expect((await get(given, arn)).status).toBe("Stopping");
  given.pass(20);
  expect((await get(given, arn)).status).toBe("Stopped");
  const { length } = await output(given, arn);
  expect(length).toBeGreaterThan(5);
  expect(length).toBeLessThan(45);
  const again = given.client.send(new StopModelInvocationJobCommand({ jobIdentifier: arn }));
  await expect(again).rejects.toMatchObject({
    name: "ConflictException",
    $metadata: { httpStatusCode: 400 },
  });

  const late = await bedrock({ expirySeconds: 50 });
  const partly = await create(late, records(50));
  await planned(late, partly);
  late.pass(40);
  expect((await get(late, partly)).status).toBe("PartiallyCompleted");
  expect((await output(late, partly)).length).toBeLessThan(50);
});

test("InvokeModel: each family has its own body", async () => {
  const given = await bedrock({ limits: { bedrock_records_min: 1 } });
  const messages = [{ role: "user", content: "Hi" }];
  const cases: [string, object, string][] = [
    [
      "anthropic.claude-haiku-4-5-20251001-v1:0",
      { anthropic_version: "bedrock-2023-05-31", max_tokens: 50, messages },
      "stop_reason",
    ],
    ["us.meta.llama3-3-70b-instruct-v1:0", { prompt: "Hi" }, "generation"],
    ["amazon.titan-embed-text-v2:0", { inputText: "Hi", dimensions: 256 }, "embedding"],
    ["openai.gpt-oss-20b-1:0", { messages }, "choices"],
  ];
  const jobs: [string, string][] = [];
  for (const [modelId, modelInput, field] of cases) {
    const record = JSON.stringify({ recordId: "r", modelInput });
    jobs.push([await create(given, [record], { modelId, modelInvocationType: "InvokeModel" }), field]);
    // The object is the same for all: each job reads it before the next one is written.
    await planned(given, jobs.at(-1)?.[0] ?? "");
  }
  given.pass(100);
  for (const [arn, field] of jobs) {
    expect((await get(given, arn)).status).toBe("Completed");
    expect((await output(given, arn))[0]).toMatchObject({
      recordId: "r",
      modelOutput: { [field]: expect.anything() },
    });
  }
});

test.each([
  [{ modelId: "amazon.nova-lit-v1:0" }, "ValidationException", "Did you mean"],
  [{ jobName: "under_score" }, "ValidationException", "jobName"],
  [{ roleArn: "role" }, "ValidationException", "roleArn"],
  [{ clientRequestToken: "under_score" }, "ValidationException", "clientRequestToken"],
  [{ timeoutDurationInHours: 12 }, "ValidationException", "timeoutDurationInHours"],
])("%j is a %s", async (params, name, message) => {
  const given = await bedrock();
  const error = await create(given, records(3), params).catch((caught) => caught);
  expect([error.name, error.message]).toEqual([name, expect.stringContaining(message)]);
});

test("quotas, unknown jobs and foreign keys have AWS's names", async () => {
  const limits = { bedrock_records_min: 3, bedrock_open_jobs: 1 };
  const given = await bedrock({ limits, keys: { bedrock: ["AKIAEXAMPLE"] } });
  await create(given, records(3));
  await expect(create(given, records(3))).rejects.toMatchObject({ name: "ServiceQuotaExceededException" });
  await expect(get(given, "abcdefghijkl")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  const other = new BedrockClient({
    endpoint: given.sandbox.baseUrls.bedrock,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIAOTHER", secretAccessKey: "x" },
    maxAttempts: 1,
  });
  const refused = other.send(new ListModelInvocationJobsCommand({}));
  await expect(refused).rejects.toMatchObject({ name: "AccessDeniedException" });
});

/** AWS's client of the other API, led here by the variable that it reads. By itself it speaks HTTP/2 alone. */
function runtime({ sandbox, client }: Given): BedrockRuntimeClient {
  vi.stubEnv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", sandbox.baseUrls.bedrock);
  onTestFinished(() => void vi.unstubAllEnvs());
  return new BedrockRuntimeClient({
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    requestHandler: client.config.requestHandler,
  });
}

const question: ConverseCommandInput = {
  modelId: NOVA,
  messages: [{ role: "user", content: [{ text: "Define the word item-0." }] }],
  inferenceConfig: { maxTokens: 100 },
};

test("a request gets the answer in real time that it gets in a batch, and is billed", async () => {
  const given = await bedrock();
  const arn = await create(given, records(3));
  await planned(given, arn);
  given.pass(85);
  await get(given, arn);
  const { $metadata: _, ...now } = await runtime(given).send(new ConverseCommand(question));
  const line = (await output(given, arn)).find(({ recordId }) => recordId === "tag-0");
  expect(now).toMatchObject(line?.["modelOutput"] as object);
  const body = JSON.stringify({ inputText: "Hi", dimensions: 256 });
  const titan = new InvokeModelCommand({ modelId: "amazon.titan-embed-text-v2:0", body });
  const vector = JSON.parse((await runtime(given).send(titan)).body.transformToString());
  expect(vector.embedding).toHaveLength(256);
  const { realtime_requests, realtime_tokens } = (await given.sandbox.stats()).bedrock;
  expect(realtime_requests).toBe(2);
  const { inputTokens = 0, outputTokens = 0 } = now.usage ?? {};
  expect(realtime_tokens).toMatchObject({
    prompt_tokens: inputTokens + vector.inputTextTokenCount,
    completion_tokens: outputTokens,
  });
});

test("in real time: limits, unknown models, odd requests and faults have AWS's names", async () => {
  const given = await bedrock({ limits: { requests_per_minute: 1 } });
  const ask = (more: Partial<ConverseCommandInput> = {}) =>
    runtime(given).send(new ConverseCommand({ ...question, ...more }));
  // Tools are for real time alone.
  const tool = { toolSpec: { name: "t", inputSchema: { json: {} } } };
  expect((await ask({ toolConfig: { tools: [tool] } })).stopReason).toBe("end_turn");
  await expect(ask()).rejects.toMatchObject({ name: "ThrottlingException" });
  given.pass(60);
  await expect(ask({ messages: [] })).rejects.toMatchObject({ name: "ValidationException" });
  await expect(ask({ modelId: "amazon.nova-lit-v1:0" })).rejects.toMatchObject({
    name: "ValidationException",
    message: expect.stringContaining("Did you mean"),
  });
  for (const [fault, name] of [
    ["spend-limit", "ThrottlingException"],
    ["rate-limit", "ThrottlingException"],
    ["server-error", "InternalServerException"],
    ["overload", "ServiceUnavailableException"],
  ] as const) {
    const struck = await bedrock({ faults: namedFaults([fault]) });
    const error = await runtime(struck)
      .send(new ConverseCommand(question))
      .catch((caught) => caught);
    expect([fault, error.name]).toEqual([fault, name]);
  }
});
