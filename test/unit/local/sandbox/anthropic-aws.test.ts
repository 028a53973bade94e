/** Claude Platform on AWS by its own SDK: Anthropic's protocol behind AWS signatures and a workspace. */
import { AnthropicAws, type AwsClientOptions } from "@anthropic-ai/aws-sdk";
import { expect, test } from "vitest";
import { namedFaults } from "../../../../local/sandbox/named-faults.ts";
import { collect, messageRequests, messageResults, setup } from "./setup.ts";

const credentials = { awsAccessKey: "AKIAEXAMPLE", awsSecretAccessKey: "secret" };

function clientOf(baseURL: string, options: AwsClientOptions = credentials): AnthropicAws {
  return new AnthropicAws({
    awsRegion: "us-east-1",
    workspaceId: "wrkspc_01Sandbox",
    baseURL,
    maxRetries: 0,
    ...options,
  });
}

test("a batch by signature, to its results", async () => {
  const { sandbox, pass } = await setup();
  const client = clientOf(sandbox.baseUrls["anthropic-aws"]);
  const { id } = await client.messages.batches.create({ requests: messageRequests(3) });
  pass(100);
  const batch = await client.messages.batches.retrieve(id);
  expect(batch).toMatchObject({ processing_status: "ended", request_counts: { succeeded: 3 } });
  expect(batch.results_url).toContain("/anthropic-aws/v1/messages/batches/");
  expect(await messageResults(client, id)).toHaveLength(3);
  expect((await collect(client.messages.batches.list())).map((one) => one.id)).toEqual([id]);
  const stats = await sandbox.stats();
  expect(stats["anthropic-aws"].requests_billed).toBe(3);
  expect(stats.anthropic.batches_created).toBe(0);
});

test("a key does as well; a wrong one, a foreign signature or no workspace does not", async () => {
  const { sandbox } = await setup({ keys: { "anthropic-aws": ["good", "AKIAEXAMPLE"] } });
  const base = sandbox.baseUrls["anthropic-aws"];
  expect((await clientOf(base, { apiKey: "good" }).messages.batches.list()).data).toEqual([]);
  expect((await clientOf(base).messages.batches.list()).data).toEqual([]);
  await expect(clientOf(base, { apiKey: "bad" }).messages.batches.list()).rejects.toMatchObject({
    status: 401,
  });
  const other = clientOf(base, { ...credentials, awsAccessKey: "AKIAOTHER" });
  await expect(other.messages.batches.list()).rejects.toMatchObject({ status: 401 });
  const noWorkspace = clientOf(base, { ...credentials, workspaceId: "mine" });
  await expect(noWorkspace.messages.batches.list()).rejects.toThrow("anthropic-workspace-id");
  const s3 = {
    authorization: `AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261127/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"a".repeat(64)}`,
  };
  const headers = { ...s3, "anthropic-workspace-id": "wrkspc_1", "x-amz-date": "20261127T000000Z" };
  const answer = await fetch(`${base}/v1/messages/batches`, { headers });
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain("aws-external-anthropic");
});

test("no-federation: what an account meets that has not enabled it", async () => {
  const { sandbox, anthropic } = await setup({ faults: namedFaults(["no-federation"]) });
  const list = clientOf(sandbox.baseUrls["anthropic-aws"]).messages.batches.list();
  await expect(list).rejects.toMatchObject({ status: 403 });
  await expect(list).rejects.toThrow("Outbound web identity federation is disabled for your account");
  expect((await anthropic.messages.batches.list()).data).toEqual([]);
});
