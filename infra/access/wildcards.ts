import { Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement, type PolicyStatementProps } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IConstruct } from "constructs";

/**
 * Says why resources with a `*` stand in the policies of a construct. Each is named by itself, so that cdk-nag
 * (`test/unit/infra/nag.test.ts`) still finds any other.
 */
export function explainWildcards(construct: IConstruct, resources: readonly string[], reason: string): void {
  const stack = Stack.of(construct);
  for (const resource of resources) {
    const id = `AwsSolutions-IAM5[Resource::${flat(stack.resolve(resource))}]`;
    if (id.includes("*")) Validations.of(construct).acknowledge({ id, reason });
  }
}

/** Lets a Lambda do what a statement says, and says why resources with a `*` stand in it. */
export function allow(lambda: IFunction, statement: PolicyStatementProps, reason: string): void {
  lambda.addToRolePolicy(new PolicyStatement(statement));
  explainWildcards(lambda.role ?? lambda, statement.resources ?? [], reason);
}

/** An ARN of a template as cdk-nag writes it: `<Bucket.Arn>/inbox/*`. */
function flat(value: unknown): string {
  if (typeof value === "string") return value;
  const node = value as Record<string, unknown>;
  if (node["Fn::Join"]) {
    const [separator, parts] = node["Fn::Join"] as [string, unknown[]];
    return parts.map(flat).join(separator);
  }
  if (node["Fn::GetAtt"]) return `<${(node["Fn::GetAtt"] as string[]).join(".")}>`;
  return node.Ref ? `<${node.Ref}>` : JSON.stringify(node);
}
