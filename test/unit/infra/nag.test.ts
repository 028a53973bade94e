/** cdk-nag's rules of AWS Solutions: what is broken on purpose is acknowledged, with its reason, beside the construct it is about. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack, Validations } from "aws-cdk-lib";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { AccountRootPrincipal, ManagedPolicy, Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { AwsSolutionsChecks } from "cdk-nag";
import { expect, test, vi } from "vitest";
import cdkJson from "../../../cdk.json" with { type: "json" };
import { Nightshift } from "../../../infra/nightshift.ts";

interface Report {
  pluginReports: {
    pluginName: string;
    violations: { ruleName: string; violatingConstructs: { constructPath: string }[] }[];
  }[];
}

/** The rules that a stack breaks, each with the construct that breaks it. */
function broken(fill: (stack: Stack) => unknown): string[] {
  const outdir = mkdtempSync(join(tmpdir(), "nightshift-nag-"));
  const app = new App({ outdir, context: { ...cdkJson.context, "aws:cdk:bundling-stacks": [] } });
  // CDK prints what it finds.
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.spyOn(console, "error").mockReturnValue();
  try {
    fill(new Stack(app, "Nightshift"));
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    let error: unknown;
    try {
      app.synth();
    } catch (thrown) {
      error = thrown;
    }
    const report: Report = JSON.parse(readFileSync(join(outdir, "validation-report.json"), "utf8"));
    const nag = report.pluginReports.find(({ pluginName }) => pluginName === "AwsSolutions");
    // What breaks no rule is not in the report.
    if (error && !nag) throw error;
    return (nag?.violations ?? []).flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName}: ${constructPath}`),
    );
  } finally {
    vi.restoreAllMocks();
    rmSync(outdir, { recursive: true, force: true });
  }
}

test("the stack as it is deployed", () => {
  expect(broken((stack) => new Nightshift(stack, "Default"))).toEqual([]);
});

test("with a key of one's own, in a VPC", () => {
  const rules = broken((stack) => {
    const encryptionKey = new Key(stack, "Key", { enableKeyRotation: true });
    new Nightshift(stack, "Night", { encryptionKey, vpc: new Vpc(stack, "Theirs") });
  });
  expect(rules.filter((rule) => !rule.includes("/Theirs/"))).toEqual([]);
});

test("with mails and a webhook", () => {
  const props = { notifyEmail: ["me@example.com"], notifyUrl: "https://example.com/hook" };
  expect(broken((stack) => new Nightshift(stack, "Default", props))).toEqual([]);
  const withKey = (stack: Stack) => {
    const encryptionKey = new Key(stack, "Key", { enableKeyRotation: true });
    new Nightshift(stack, "Default", { ...props, encryptionKey });
  };
  expect(broken(withKey)).toEqual([]);
});

test("with OpenAI's webhooks", () => {
  expect(broken((stack) => new Nightshift(stack, "Default", { openaiWebhooks: true }))).toEqual([]);
});

test("with Bedrock, also with a key of one's own", () => {
  expect(broken((stack) => new Nightshift(stack, "Default", { providers: ["bedrock"] }))).toEqual([]);
  const withKey = (stack: Stack) => {
    const encryptionKey = new Key(stack, "Key", { enableKeyRotation: true });
    new Nightshift(stack, "Default", { providers: ["bedrock"], encryptionKey });
  };
  expect(broken(withKey)).toEqual([]);
});

test("with tenants, each with its role", () => {
  const rules = broken((stack) => {
    const night = new Nightshift(stack, "Default", { tenants: { acme: { ownKeys: ["openai"] } } });
    for (const grantee of [
      new Role(stack, "Acme", { assumedBy: new AccountRootPrincipal() }),
      new ManagedPolicy(stack, "AcmePolicy"),
    ])
      night.grantTenant(grantee, "acme");
  });
  expect(rules).toEqual([]);
});

test("the check finds what nobody acknowledged", () => {
  expect(broken((stack) => new Bucket(stack, "Open"))).toContain("AwsSolutions-S1: Nightshift/Open/Resource");
});
