import type { Template } from "aws-cdk-lib/assertions";
import { allows, list, type Statement } from "../../harness/iam.ts";
import { lambda, resources } from "./stack.ts";

/**
 * What a Lambda's role may do, as IAM would decide: `may("s3:GetObject", "JobBucket/jobs/j/job.json")`.
 * Resources are named by the part of the logical id that is written in the stack, without its hash.
 */
export function permissions(template: Template, name: string) {
  const statements = statementsOf(template, name);
  const may = (action: string, resource: string) => allows(statements, { action, resource });
  const actions = statements.flatMap((statement) => list(statement.Action)).sort();
  return { may, actions };
}

/** The statements of a Lambda's role. */
export function statementsOf(template: Template, name: string): Statement[] {
  const role = lambda(template, name).Role["Fn::GetAtt"][0] as string;
  return Object.values(resources(template, "AWS::IAM::Policy"))
    .filter((policy) => policy.Properties.Roles.some((r: { Ref: string }) => r.Ref === role))
    .flatMap((policy) => policy.Properties.PolicyDocument.Statement);
}
