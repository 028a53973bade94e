/** A stack with a tenant that has a key, a default and a cap of its own, and no key of the stack's. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { item, Place } from "../harness/command.ts";
import { KEYS, type Stack, startStack } from "./stack.ts";

const file = `${JSON.stringify({ custom_id: "a", user_message: "What is a tenant?" })}\n`;

let stack: Stack;
beforeAll(async () => {
  const acme = {
    ownKeys: ["openai"],
    jobDefaults: { provider: "openai", model: "gpt-4.1-mini" },
    limits: { max_cost_usd: 2 },
  };
  stack = await startStack({ tenants: JSON.stringify({ acme }) });
  await stack.aws.setKey(stack.aws.outputs.TenantacmeopenaiSecretName ?? "", KEYS.openai);
  await stack.aws.listen();
});

afterAll(() => stack?.stop());

test("an upload to its folder alone is a job with its key, its model and its cap", async () => {
  await stack.aws.upload("inbox/acme/own.jsonl", file);
  const end = (await stack.aws.eventsOf("acme_own")).at(-1);
  expect(end).toMatchObject({ status: "completed", model: "gpt-4.1-mini", counts: { succeeded: 1 } });
  const job_id = end?.job_id ?? "";
  expect(await stack.aws.record(`job#${job_id}`, "job")).toMatchObject({ max_cost_usd: 2 });
  expect(await stack.aws.record(`job#${job_id}`, "batch#1#r1")).toMatchObject({ account: "acme" });
  expect(await stack.aws.read(`results/${job_id}/results.jsonl`)).toContain('"custom_id":"a"');
});

test("its job may not cost more than its cap", async () => {
  await stack.aws.upload("inbox/acme/dear.jsonl", file, { "max-cost-usd": "3" });
  const end = (await stack.aws.eventsOf("acme_dear")).at(-1);
  expect(end).toMatchObject({ status: "failed" });
  expect(end?.error).toContain(
    "max_cost_usd (from the object's metadata): 3 is more than the tenant's jobs may have",
  );
});

test("who runs the stack submits a file of its", async () => {
  const here = new Place();
  here.env = { ...stack.env };
  const args = ["--provider", "openai", "--model", "gpt-4.1", "--stack", "Nightshift", "--tenant", "acme"];
  const { code, stdout } = await here.run([
    "run",
    here.file("sent.jsonl", [item("a")]),
    ...args,
    "--out",
    "out",
  ]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/acme_sent-[0-9a-f]{12}/) });
  expect(here.results()).toMatchObject([{ custom_id: "a", status: "succeeded" }]);
});

test("a folder of no tenant is refused", async () => {
  await stack.aws.upload("inbox/globex/other.jsonl", file, { provider: "openai", model: "gpt-4.1-mini" });
  const end = (await stack.aws.eventsOf("globex_other")).at(-1);
  expect(end).toMatchObject({ status: "failed" });
  expect(end?.error).toContain(
    "the folder inbox/globex/ is no tenant's: there is no parameter /nightshift/Nightshift/globex;",
  );
});

test("the doctor finds the key of a tenant, and says of one that is not set how to set it", async () => {
  const place = new Place();
  place.env = stack.env;
  const secret = stack.aws.outputs.TenantacmeopenaiSecretName ?? "";
  expect((await place.run(["doctor", "--stack", "Nightshift"])).stdout).toContain(`${secret} is set`);
  await stack.aws.setKey(secret, "unset");
  const { code, stdout } = await place.run(["doctor", "--stack", "Nightshift"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(`--secret-id ${secret} `) });
});

test("a policy is made for its role", () => {
  expect(stack.aws.outputs.TenantacmePolicyArn).toMatch(/^arn:aws:iam::.*:policy\//);
});
