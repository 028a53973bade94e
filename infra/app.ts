/** The CDK app: `cdk.json` runs this file. */
import { App } from "aws-cdk-lib";
import { NightshiftStack } from "./nightshift-stack.ts";

const app = new App();
new NightshiftStack(app, "Nightshift", {
  description:
    "Nightshift: LLM batch jobs on Step Functions. Upload JSONL to inbox/, find the answers in results/.",
});
