import type { Template } from "aws-cdk-lib/assertions";
import { lambda, resources } from "./stack.ts";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/**
 * What a Lambda's role may do, as IAM would decide: `may("s3:GetObject", "JobBucket/jobs/j/job.json")`.
 * Resources are named by the part of the logical id that is written in the stack, without its hash.
 */
export function permissions(template: Template, name: string) {
  const role = lambda(template, name).Role["Fn::GetAtt"][0] as string;
  const statements: Statement[] = Object.values(resources(template, "AWS::IAM::Policy"))
    .filter((policy) => policy.Properties.Roles.some((r: { Ref: string }) => r.Ref === role))
    .flatMap((policy) => policy.Properties.PolicyDocument.Statement);
  const may = (action: string, resource: string) =>
    statements.some(
      (statement) =>
        statement.Effect === "Allow" &&
        !statement.Condition &&
        list(statement.Action).some((pattern) => matches(pattern, action)) &&
        list(statement.Resource).some((pattern) => matches(named(pattern), resource)),
    );
  const actions = statements.flatMap((statement) => list(statement.Action)).sort();
  return { may, actions };
}

function named(value: unknown): string {
  if (typeof value === "string") return value;
  const node = value as Record<string, unknown>;
  if (node["Fn::Join"]) return (node["Fn::Join"] as [string, unknown[]])[1].map(named).join("");
  const id = (node.Ref ?? (node["Fn::GetAtt"] as string[])[0]) as string;
  return id.replace(/[0-9A-F]{8}$/, "");
}

function matches(pattern: string, value: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(value);
}
