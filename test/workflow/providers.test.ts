/** A job at each provider, on the embedded engine against the sandbox. */
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { ProviderName } from "../../shared/models.ts";
import { itemLines, startWorld } from "../harness/harness.ts";
import { MODELS } from "../harness/provider-models.ts";
import { AWS_USER, leadToSandbox } from "../harness/providers.ts";

const world = await startWorld();

/** More than one batch, and more than Bedrock's least. */
const ITEMS = 250;

/** The other two have tests of their own. */
const OTHERS = ProviderName.options.filter((name) => !["openai", "anthropic"].includes(name));

/** The user's bucket, as it is at the end of a test. */
async function objectsIn(endpoint: string): Promise<string[]> {
  const s3 = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: "my-bucket" }));
  return Contents.map(({ Key = "" }) => Key);
}

test.for(OTHERS)(
  "%s: every item is answered once, in two batches",
  { timeout: 120_000 },
  async (provider) => {
    // The user's own AWS identity signs, and is there afterwards.
    const keys = { bedrock: [AWS_USER.AWS_ACCESS_KEY_ID], "anthropic-aws": [AWS_USER.AWS_ACCESS_KEY_ID] };
    const sandbox = await world.sandbox({ keys });
    leadToSandbox(provider, sandbox);
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
    expect(process.env).toMatchObject(AWS_USER);
    if (provider === "bedrock") {
      const kept = await objectsIn(sandbox.s3Url);
      expect(kept.length).toBeGreaterThan(0);
      expect(kept.filter((key) => /requests\.jsonl(\.out)?$/.test(key))).toEqual([]);
    }
  },
);

/** As pydantic writes it. */
const SCHEMA = {
  $defs: { Kind: { enum: ["billing", "other"], type: "string" } },
  type: "object",
  properties: {
    kind: { allOf: [{ $ref: "#/$defs/Kind" }], default: "other" },
    count: { type: "integer", title: "Count" },
    day: { type: "string", format: "date" },
    note: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
  },
  required: ["kind", "count", "day", "note"],
  additionalProperties: false,
};

test.for(OTHERS)(
  "%s: answers fit the schema, which the provider was asked for",
  { timeout: 120_000 },
  async (provider) => {
    const keys = { bedrock: [AWS_USER.AWS_ACCESS_KEY_ID], "anthropic-aws": [AWS_USER.AWS_ACCESS_KEY_ID] };
    leadToSandbox(provider, await world.sandbox({ keys }));
    const job = { provider, model: MODELS[provider], schema: SCHEMA, schema_retries: 0 };
    const run = await world.run(itemLines(110), { job });
    expect(run.error).toBeUndefined();
    expect(run.summary?.counts).toMatchObject({ succeeded: 110 });
    expect(run.results[0]?.response?.parsed).toMatchObject({ count: 1, day: "2026-01-31" });
  },
);

test("bedrock: a job of too few items is refused before anything is sent", async () => {
  leadToSandbox("bedrock", await world.sandbox());
  const run = await world.run(itemLines(99), {
    job: { provider: "bedrock", model: "amazon.nova-lite-v1:0" },
  });
  expect(run.record).toMatchObject({ status: "failed" });
  expect(run.record?.error).toContain("at least 100 requests");
  expect(run.record?.error).toContain("small_rounds: real_time");
});

test.each([
  ["/v1/moderations", "omni-moderation-latest"],
  ["/v1/completions", "gpt-3.5-turbo-instruct"],
])("openai %s: every item has its answer", async (endpoint, model) => {
  await world.sandbox();
  const run = await world.run(itemLines(5), { job: { provider: "openai", model, endpoint } });
  expect(run.summary?.counts).toMatchObject({ succeeded: 5 });
  for (const { response } of run.results) {
    if (endpoint === "/v1/moderations") expect(response?.parsed).toMatchObject([{ flagged: false }]);
    else expect(response?.content).toContain("Question");
  }
});
