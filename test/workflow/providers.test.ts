/** A job at each provider, on the embedded engine against the sandbox. */
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { buildApp } from "fauxqs";
import { expect, onTestFinished, test } from "vitest";
import type { SandboxOptions } from "../../local/sandbox/sandbox.ts";
import { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { itemLines, startWorld } from "../harness/harness.ts";
import { MODELS } from "../harness/provider-models.ts";

const world = await startWorld();

/** More than one batch, and more than Bedrock's least. */
const ITEMS = 250;

/** The other two have tests of their own. */
const OTHERS = ProviderName.options.filter((name) => !["openai", "anthropic"].includes(name));

/** Starts the sandbox, and leads one provider to it by the variables of its profile. */
async function lead(provider: ProviderName, options: SandboxOptions = {}): Promise<void> {
  const sandbox = await world.sandbox(options);
  const { url, key, needed } = PROFILES[provider].variables;
  const values: Record<string, string> = {
    [url]: sandbox.baseUrls[provider],
    ...(key && { [key]: "any-key" }),
    ANTHROPIC_AWS_WORKSPACE_ID: "wrkspc_01Sandbox",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    NIGHTSHIFT_BEDROCK_BUCKET: "s3://mine/night",
    NIGHTSHIFT_BEDROCK_ROLE_ARN: "arn:aws:iam::000000000000:role/batch",
  };
  for (const name of Object.keys(needed)) expect(values).toHaveProperty(name);
  const before = { ...process.env };
  Object.assign(process.env, values);
  onTestFinished(() => {
    for (const name of Object.keys(values)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
}

/** An S3 server with the user's bucket. */
async function userBucket() {
  const server = buildApp({ logger: false });
  const endpoint = await server.listen({ port: 0, host: "127.0.0.1" });
  process.env.AWS_ENDPOINT_URL_S3 = endpoint;
  onTestFinished(async () => {
    delete process.env.AWS_ENDPOINT_URL_S3;
    await server.close();
  });
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
  const config = { endpoint, region: "us-east-1", credentials, forcePathStyle: true };
  const s3 = new S3Client(config);
  await s3.send(new CreateBucketCommand({ Bucket: "mine" }));
  return { config, s3 };
}

test.for(OTHERS)(
  "%s: every item is answered once, in two batches",
  { timeout: 120_000 },
  async (provider) => {
    const bucket = provider === "bedrock" ? await userBucket() : undefined;
    await lead(provider, bucket && { bedrock: { s3: bucket.config } });
    world.limits({ [provider]: { max_requests: ITEMS / 2 } });
    const run = await world.run(itemLines(ITEMS), { job: { provider, model: MODELS[provider] } });
    expect(run.error).toBeUndefined();
    expect(run.record).toMatchObject({ provider, status: "completed", batch_count: 2 });
    expect(run.results.map(({ line, error }) => [line, error])).toEqual(
      Array.from({ length: ITEMS }, (_, at) => [at + 1, null]),
    );
    expect(JSON.stringify(run.results.map(({ raw }) => raw))).not.toContain("Question");
    expect(run.summary?.counts?.succeeded).toBe(ITEMS);
    expect(run.summary?.receipt?.prompt_tokens).toBeGreaterThan(0);
    if (bucket) {
      const { Contents = [] } = await bucket.s3.send(new ListObjectsV2Command({ Bucket: "mine" }));
      expect(
        Contents.filter(({ Key }) => Key?.endsWith(".jsonl") || Key?.endsWith("requests.jsonl.out")),
      ).toEqual([]);
    }
  },
);

test("bedrock: a job of too few items is refused before anything is sent", async () => {
  const bucket = await userBucket();
  await lead("bedrock", { bedrock: { s3: bucket.config } });
  const run = await world.run(itemLines(99), {
    job: { provider: "bedrock", model: "amazon.nova-lite-v1:0" },
  });
  expect(run.record).toMatchObject({ status: "failed" });
  expect(run.record?.error).toContain("at least 100 requests");
});
