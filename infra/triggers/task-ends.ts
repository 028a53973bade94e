import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { allow } from "../access/wildcards.ts";

/**
 * Lets a Lambda end the waits of tasks. The action takes no resource:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
 */
export function grantTaskEnds(lambda: IFunction): void {
  allow(
    lambda,
    { actions: ["states:SendTaskSuccess"], resources: ["*"] },
    "Ending a task's wait takes its token, which nobody can guess; AWS knows no resource for it",
  );
}
