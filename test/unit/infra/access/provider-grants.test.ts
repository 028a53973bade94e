import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Code, Function as Lambda, Runtime } from "aws-cdk-lib/aws-lambda";
import { expect, test } from "vitest";
import { grantProviders, neededVariables } from "../../../../infra/access/provider-grants.ts";

const WORKSPACE = { ANTHROPIC_AWS_WORKSPACE_ID: "wrkspc_1" };

test("a provider by AWS credentials gets its actions on its own resource, one by key gets none", () => {
  const stack = new Stack(new App(), "S");
  const lambda = new Lambda(stack, "L", {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromInline("x"),
  });
  grantProviders(lambda, {
    providers: ["openai", "anthropic-aws"],
    variables: WORKSPACE,
    to: ["create", "batch"],
  });
  const [policy] = Object.values(Template.fromStack(stack).findResources("AWS::IAM::Policy"));
  const statements = policy?.Properties.PolicyDocument.Statement ?? [];
  expect(statements.length).toBeGreaterThan(0);
  expect(JSON.stringify(statements)).toContain("aws-external-anthropic:CreateBatchInference");
  expect(JSON.stringify(statements)).not.toContain("aws-external-anthropic:CreateInference");
  for (const { Resource } of statements) expect(JSON.stringify(Resource)).toContain(":workspace/wrkspc_1");
});

test("a variable that is missing, or that nobody reads, is named", () => {
  expect(neededVariables(["openai", "anthropic-aws"], WORKSPACE)).toEqual(WORKSPACE);
  expect(() => neededVariables(["anthropic-aws"])).toThrow("ANTHROPIC_AWS_WORKSPACE_ID: missing");
  expect(() => neededVariables(["openai"], WORKSPACE)).toThrow("no provider of the stack reads it");
});
