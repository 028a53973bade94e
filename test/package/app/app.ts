// The same in TypeScript, with all that is exported in use.
import { App, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AccountRootPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { Nightshift, type NightshiftProps } from "nightshift";
import { openNightshift, type SubmittedJob } from "nightshift/client";
import { BatchItem, type BatchResult, JobSpec } from "nightshift/models";

const app = new App();
const stack = new Stack(app, "App");
const props: NightshiftProps = { jobDefaults: { max_rounds: 2 }, removalPolicy: RemovalPolicy.DESTROY };
const nightshift = new Nightshift(stack, "Nightshift", props);
nightshift.grantTenant(new Role(stack, "Acme", { assumedBy: new AccountRootPrincipal() }), "acme");
nightshift.workflow.stateMachine.metricFailed();
app.synth();

const spec: JobSpec = JobSpec.parse({ provider: "openai", model: "gpt-4.1-mini" });
const item: BatchItem = BatchItem.parse({ custom_id: spec.model, user_message: "Hello." });
export async function answers(file: string): Promise<Map<string, string | undefined>> {
  const client = await openNightshift({ sandbox: true });
  const { job_id }: SubmittedJob = await client.submit(file, {
    provider: spec.provider,
    model: item.custom_id,
  });
  await client.wait(job_id);
  const found = new Map<string, string | undefined>();
  for await (const result of client.results(job_id)) {
    const row: BatchResult = result;
    found.set(row.custom_id, row.response?.content);
  }
  await client.close();
  return found;
}
