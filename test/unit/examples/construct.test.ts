import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import cdkJson from "../../../cdk.json" with { type: "json" };
import { only, resources } from "../infra/stack.ts";

test("the example of the construct synthesizes, as the CDK command runs it, with its own bucket, key, bus and tenant", async () => {
  const outdir = mkdtempSync(join(tmpdir(), "nightshift-example-"));
  try {
    await promisify(execFile)(
      process.execPath,
      ["-C", "nightshift-source", join(import.meta.dirname, "../../../examples/construct/app.ts")],
      {
        env: {
          CDK_OUTDIR: outdir,
          CDK_CONTEXT_JSON: JSON.stringify({ ...cdkJson.context, "aws:cdk:bundling-stacks": [] }),
        },
      },
    );
    const template = Template.fromJSON(
      JSON.parse(readFileSync(join(outdir, "Reviews.template.json"), "utf8")),
    );
    only(template, "AWS::S3::Bucket");
    only(template, "AWS::KMS::Key");
    only(template, "AWS::Events::EventBus");
    expect(only(template, "AWS::SSM::Parameter").Properties.Name).toMatch(/\/acme$/);
    expect(Object.keys(resources(template, "AWS::StepFunctions::StateMachine"))).toHaveLength(1);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
});
