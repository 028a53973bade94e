/**
 * `nightshift doctor --stack` where AWS refuses: what an emulator cannot show, because it has no permissions. That it
 * reads a stack that is there is tested in `test/deploy`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Place } from "../harness/command.ts";

const OUTPUTS = [
  "BucketName",
  "TableName",
  "StateMachineArn",
  "EventBusName",
  "OpenAiSecretName",
  "AnthropicSecretName",
];

const member = (text: string) => `<member>${text}</member>`;

/** CloudFormation's answer to `DescribeStacks`. */
function describeStacks(status: string, outputs: readonly string[]): string {
  const values = outputs.map((key) =>
    member(`<OutputKey>${key}</OutputKey><OutputValue>the-${key}</OutputValue>`),
  );
  const stack = `<StackName>Mine</StackName><CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>${status}</StackStatus><Outputs>${values.join("")}</Outputs>`;
  return `<DescribeStacksResponse><DescribeStacksResult><Stacks>${member(stack)}</Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

/** AWS for a user who may do nothing but describe the stack. */
async function aws(status: string, outputs: readonly string[] = OUTPUTS): Promise<Place> {
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (body.includes("Action=DescribeStacks")) response.end(describeStacks(status, outputs));
    else if (body.includes("Action="))
      response
        .writeHead(403)
        .end("<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>");
    else if (request.method === "HEAD") response.writeHead(403).end();
    else
      response
        .writeHead(400, { "content-type": "application/x-amz-json-1.1" })
        .end(JSON.stringify({ __type: "AccessDeniedException", message: "no" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const place = new Place();
  place.env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  return place;
}

/** Exit code, and the outcome of each check by its name. */
async function examine(place: Place) {
  const { code, stdout } = await place.run(["doctor", "--stack", "Mine", "--json"]);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return {
    code,
    outcomes: Object.fromEntries(lines.slice(0, -1).map(({ name, outcome }) => [name, outcome])),
    stdout,
  };
}

test("what this user may not read is a warning: it may be in order", async () => {
  const outputs = [
    ...OUTPUTS,
    "OpenAiWebhookSecretName",
    "TenantacmeopenaiSecretName",
    "TenantacmePolicyArn",
  ];
  const { code, outcomes, stdout } = await examine(await aws("UPDATE_COMPLETE", outputs));
  expect({ code, outcomes }).toEqual({
    code: 0,
    outcomes: {
      stack: "ok",
      outputs: "ok",
      bucket: "warning",
      table: "warning",
      "state machine": "warning",
      "lost uploads": "warning",
      "Lambda quota": "skipped",
      "OpenAI key": "warning",
      "Anthropic key": "warning",
      "tenant's key": "warning",
      "OpenAI webhooks": "warning",
    },
  });
  expect(stdout).toContain("Ask for dynamodb:DescribeTable");
});

test.each([
  ["CREATE_COMPLETE", "ok"],
  ["UPDATE_ROLLBACK_COMPLETE", "warning"],
  ["UPDATE_IN_PROGRESS", "warning"],
  ["ROLLBACK_COMPLETE", "wrong"],
  ["UPDATE_ROLLBACK_FAILED", "wrong"],
  ["DELETE_FAILED", "wrong"],
])("a stack that is %s: %s", async (status, outcome) => {
  expect((await examine(await aws(status))).outcomes.stack).toBe(outcome);
});

test("a stack without our outputs is another one", async () => {
  const { code, outcomes } = await examine(await aws("CREATE_COMPLETE", ["BucketName", "OpenAiSecretName"]));
  expect({ code, outcomes }).toMatchObject({ code: 1, outcomes: { outputs: "wrong", bucket: "warning" } });
  expect(outcomes).not.toHaveProperty("table");
});

test.each([
  ["no region", { AWS_REGION: "" }, "no AWS region"],
  ["no credentials", { AWS_ACCESS_KEY_ID: "", AWS_EC2_METADATA_DISABLED: "true" }, "no AWS credentials"],
  ["nobody at the address", { AWS_ENDPOINT_URL: "http://127.0.0.1:1" }, "cannot read the stack Mine"],
])("%s is reported, and nothing more is checked", async (_name, env, message) => {
  const place = await aws("CREATE_COMPLETE");
  Object.assign(place.env, env, { AWS_CONFIG_FILE: "none", AWS_SHARED_CREDENTIALS_FILE: "none" });
  const { code, outcomes, stdout } = await examine(place);
  expect({ code, outcomes }).toEqual({ code: 1, outcomes: { stack: "wrong" } });
  expect(stdout).toContain(message);
});
