/** Bedrock's calls as the AWS SDK makes them, against servers of the test that speak Bedrock's REST and S3's. */
import { beforeEach, expect, test, vi } from "vitest";
import { JobSpec } from "../../../../../shared/models.ts";
import { formatOf } from "../../../../../shared/providers/formats.ts";
import { ApiServer, type Route } from "../api-server.ts";
import { stubAwsKeys } from "../aws-keys.ts";
import { errorOf, providerAt, results, submission } from "../submission.ts";

const ARN = "arn:aws:bedrock:eu-west-1:123456789012:model-invocation-job/abcdefghijkl";
const ROLE = "arn:aws:iam::123456789012:role/night";
const JOBS = "/model-invocation-jobs";
const JOB = `/model-invocation-job/${encodeURIComponent(ARN)}`;

beforeEach(() => {
  stubAwsKeys();
  vi.stubEnv("NIGHTSHIFT_BEDROCK_BUCKET", "s3://mine/night");
  vi.stubEnv("NIGHTSHIFT_BEDROCK_ROLE_ARN", ROLE);
});

const job = (status: string, more: object = {}) => ({
  jobArn: ARN,
  jobName: "nightshift-tag-0",
  modelId: "m",
  roleArn: ROLE,
  status,
  submitTime: "2026-11-01T00:00:00Z",
  inputDataConfig: { s3InputDataConfig: { s3Uri: "s3://mine/night/job-1/bedrock/2-r1/requests.jsonl" } },
  outputDataConfig: { s3OutputDataConfig: { s3Uri: "s3://mine/night/job-1/bedrock/2-r1/" } },
  ...more,
});

const refuse =
  (status: number, type: string, message: string): Route =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/json", "x-amzn-errortype": type });
    response.end(JSON.stringify({ message }));
  };

async function bedrock(routes: Record<string, Route>) {
  const server = await ApiServer.start(routes);
  vi.stubEnv("AWS_ENDPOINT_URL_S3", server.url);
  return {
    server,
    provider: await providerAt("bedrock", server.url),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const noSuchKey: Route = (_, response) => {
  response.writeHead(404, { "content-type": "application/xml" });
  response.end("<Error><Code>NoSuchKey</Code><Message>no</Message></Error>");
};

const stored: Route = (_, response) => void response.end();
const sent = () => ({
  ...submission('{"recordId":"tag-1"}\n', "openai"),
  spec: JobSpec.parse({ provider: "bedrock", model: "m" }),
});

test("stores the requests, then creates a job with a token of its own", async () => {
  await using api = await bedrock({
    "PUT /mine/night/job-1/bedrock/2-r1/requests.jsonl": stored,
    "POST /model-invocation-job": () => ({ jobArn: ARN }),
  });
  const made = sent();
  expect(await api.provider.submitBatch(made)).toMatchObject({
    id: ARN,
    status: "pending",
    request_count: 1,
  });
  expect(made.told).toEqual(["s3://mine/night/job-1/bedrock/2-r1/requests.jsonl"]);
  const [put, create] = api.server.got;
  expect(put?.body).toContain('{"recordId":"tag-1"}');
  expect(JSON.parse(create?.body ?? "")).toMatchObject({
    jobName: "nightshift-tag-0",
    clientRequestToken: "tag-0",
    modelInvocationType: "Converse",
    roleArn: ROLE,
    timeoutDurationInHours: 24,
    outputDataConfig: { s3OutputDataConfig: { s3Uri: "s3://mine/night/job-1/bedrock/2-r1/" } },
  });
});

// Seed 23022 of the simulation: the SDK's own last try got a 429, the first had made the job, and it was paid twice.
test("a create is sent once: one without an answer may have made the job", async () => {
  const lost = refuse(500, "InternalServerException", "lost");
  await using api = await bedrock({
    "PUT /mine/night/job-1/bedrock/2-r1/requests.jsonl": stored,
    "POST /model-invocation-job": lost,
  });
  expect(await errorOf(api.provider.submitBatch(sent()))).toMatchObject({ ambiguous: true });
  expect(api.server.got.filter(({ method }) => method === "POST")).toHaveLength(1);
});

test("requests in the bucket are used where they are", async () => {
  await using api = await bedrock({ "POST /model-invocation-job": () => ({ jobArn: ARN }) });
  const made = { ...sent(), object: { bucket: "mine", key: "jobs/j/batches/1-r1.request.jsonl" } };
  await api.provider.submitBatch(made);
  expect(made.told).toEqual([null]);
  expect(JSON.parse(api.server.got[0]?.body ?? "").inputDataConfig.s3InputDataConfig.s3Uri).toBe(
    "s3://mine/jobs/j/batches/1-r1.request.jsonl",
  );
});

test.each([
  ["Submitted", "pending"],
  ["Validating", "pending"],
  ["Scheduled", "pending"],
  ["InProgress", "in_progress"],
  ["Completed", "completed"],
  ["PartiallyCompleted", "expired"],
  ["Failed", "failed"],
  ["Stopping", "cancelling"],
  ["Stopped", "cancelled"],
  ["Expired", "expired"],
])("%s is %s", async (status, expected) => {
  const counts = { totalRecordCount: 5, successRecordCount: 3, errorRecordCount: 1 };
  await using api = await bedrock({ [`GET ${JOB}`]: () => job(status, counts) });
  const batch = await api.provider.pollStatus(ARN);
  expect(batch).toMatchObject({ id: ARN, status: expected, request_count: 5 });
  expect(batch.created_at).toBe(Date.parse("2026-11-01T00:00:00Z") / 1000);
  expect(batch.unknown_status).toBeUndefined();
});

test("reads the results of the job's own folder, and none of a job that never began", async () => {
  const output = { output: { message: { content: [{ text: "Hi" }] } }, stopReason: "end_turn", usage: {} };
  const line = JSON.stringify({ recordId: "tag-1", modelInput: { p: "secret" }, modelOutput: output });
  const key = "/mine/night/job-1/bedrock/2-r1/abcdefghijkl/requests.jsonl.out";
  await using api = await bedrock({ [`GET ${key}`]: (_, response) => void response.end(`${line}\n`) });
  const [outcome] = await results(api.provider, { id: ARN, ...job("Completed") });
  expect(outcome).toMatchObject({ custom_id: "tag-1", status: "succeeded", response: { content: "Hi" } });
  expect(JSON.stringify(outcome?.raw)).not.toContain("secret");
  await using missing = await bedrock({ [`HEAD ${key}`]: noSuchKey });
  expect(await results(missing.provider, { id: ARN, ...job("Expired") })).toEqual([]);
  // Of an empty object S3 gives no range.
  await using empty = await bedrock({ [`HEAD ${key}`]: stored, [`GET ${key}`]: stored });
  expect(await results(empty.provider, { id: ARN, ...job("Stopped") })).toEqual([]);
});

test("a lost create is found by the tag in the job's name", async () => {
  await using api = await bedrock({
    [`GET ${JOBS}`]: () => ({ invocationJobSummaries: [job("InProgress")] }),
  });
  const mark = { job_id: "job-1", batch: 2, round: 1, tag: "tag" };
  const found = await api.provider.findBatch({ mark, request_count: 1, created_after: 1000 });
  expect(found).toMatchObject([{ id: ARN }]);
  expect(api.server.got[0]?.url).toContain("nameContains=nightshift-tag");
});

test.each([
  [400, "ValidationException", "too few records", "ProviderRejectedError"],
  [400, "ServiceQuotaExceededException", "20 jobs", "ProviderUnavailableError"],
  [403, "AccessDeniedException", "no PassRole", "ProviderAuthError"],
] as const)("a create refused with %i %s (%s) is %s", async (status, type, message, name) => {
  await using api = await bedrock({
    "PUT /mine/night/job-1/bedrock/2-r1/requests.jsonl": stored,
    "POST /model-invocation-job": refuse(status, type, message),
  });
  const error = await errorOf(api.provider.submitBatch(sent()));
  expect(error.name).toBe(name);
  expect(error.ambiguous ?? false).toBe(false);
  if (type.startsWith("Service")) expect(error.retryAfterSeconds).toBe(300);
});

test("a job that has ended is not stopped, and reported as it is", async () => {
  await using api = await bedrock({
    [`POST ${JOB}/stop`]: refuse(400, "ConflictException", "it has ended"),
    [`GET ${JOB}`]: () => job("Completed"),
  });
  expect((await api.provider.cancelBatch(ARN)).status).toBe("completed");
});

test.each([
  ["User: u is not authorized to perform: iam:PassRole on resource: r", `cannot pass the role ${ROLE}`],
  ["You don't have access to the model with the specified model ID.", "no access to the model in eu-west-1"],
  ["The provided model identifier is invalid.", "there is no such model in eu-west-1"],
  ["Failed to assume role. Check its trust policy.", `cannot use the role ${ROLE}`],
])("a create refused with %j says what to put right", async (message, wanted) => {
  const status = message.startsWith("The provided") ? 400 : 403;
  const type = status === 400 ? "ValidationException" : "AccessDeniedException";
  await using api = await bedrock({
    "PUT /mine/night/job-1/bedrock/2-r1/requests.jsonl": stored,
    "POST /model-invocation-job": refuse(status, type, message),
  });
  const error = await errorOf(api.provider.submitBatch(sent()));
  expect(error.name).toBe("ProviderAuthError");
  expect(error.message).toContain(wanted);
});

const s3Refuses =
  (status: number, code: string): Route =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
  };

test.each([
  [301, "PermanentRedirect", "s3://mine/night is in another region, and jobs run in eu-west-1"],
  [404, "NoSuchBucket", "there is no bucket s3://mine/night"],
  [403, "AccessDenied", "refused access (403)"],
])("a bucket that answers %i %s: nothing is created", async (status, code, wanted) => {
  await using api = await bedrock({
    "PUT /mine/night/job-1/bedrock/2-r1/requests.jsonl": s3Refuses(status, code),
  });
  const made = sent();
  const error = await errorOf(api.provider.submitBatch(made));
  expect(error.name).toBe("ProviderAuthError");
  expect(error.message).toContain(wanted);
  expect(made.told).toEqual([]);
});

test("the doctor finds a bucket in another region, and a model that is not there or not allowed", async () => {
  const region: Route = (_, response) =>
    void response.writeHead(200, { "x-amz-bucket-region": "us-east-2" }).end();
  await using api = await bedrock({
    [`GET ${JOBS}`]: () => ({ invocationJobSummaries: [] }),
    "HEAD /mine/": region,
    "GET /foundation-model-availability/there": () => availability({}),
    "GET /foundation-model-availability/denied": () =>
      availability({ authorizationStatus: "NOT_AUTHORIZED" }),
    "GET /foundation-model-availability/elsewhere": () =>
      availability({ regionAvailability: "NOT_AVAILABLE" }),
  });
  const error = await errorOf(api.provider.checkAccess());
  expect(error.message).toContain("s3://mine/night is in us-east-2, and jobs run in eu-west-1");
  const check = (model: string) => api.provider.checkModel?.(model);
  expect(await check("there")).toBeNull();
  expect(await check("us.a-profile")).toBeNull();
  expect(await check("denied")).toContain("no access to denied in eu-west-1");
  expect(await check("elsewhere")).toBe("elsewhere is not in eu-west-1");
});

function availability(more: object) {
  return {
    modelId: "m",
    agreementAvailability: { status: "AVAILABLE" },
    authorizationStatus: "AUTHORIZED",
    entitlementAvailability: "AVAILABLE",
    regionAvailability: "AVAILABLE",
    ...more,
  };
}

test("a job that failed for its role or its bucket waits for a person; one of too few records is refused", () => {
  const kind = (message: string) => formatOf("bedrock").failureOf({ message }).kind;
  expect(kind("The role cannot be assumed.")).toBe("account");
  expect(kind("Access denied when reading the S3 bucket.")).toBe("account");
  expect(kind("Input has 99 records, fewer than the minimum of 100 for a job.")).toBe("requests");
});
