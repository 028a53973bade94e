/** AWS's clients that the provider of Bedrock makes for itself, over the simulated world. */
import { text as textOf } from "node:stream/consumers";
import { BedrockClient } from "@aws-sdk/client-bedrock";
import { NoSuchKey, NotFound, S3Client } from "@aws-sdk/client-s3";
import type { Gate } from "../harness/guarded-stores.ts";
import type { SimulatedBucket } from "./bucket.ts";
import { type Network, Patience } from "./provider-http.ts";
import { replaced } from "./replaced.ts";
import type { Command } from "./table.ts";
import type { World } from "./world.ts";

/** The longest that the SDK waits for an answer, in ms: see `aws-client.ts`. */
const REQUEST_TIMEOUT = 30_000;

const ARN = "arn:AWS::Partition:bedrock:AWS::Region:";
const JOB = `${ARN}AWS::AccountId:model-invocation-job/j1`;
/** What IAM asks for each call: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html */
const RESOURCES: Record<string, readonly string[]> = {
  CreateModelInvocationJob: [`${ARN}:foundation-model/sim`, JOB],
  GetModelInvocationJob: [JOB],
  StopModelInvocationJob: [JOB],
  ListModelInvocationJobs: ["*"],
};

/** Replaces the clients. @returns what puts them back */
export function installAws(
  world: World,
  network: Network,
  bucket: SimulatedBucket,
  gate: Gate,
): (() => void)[] {
  const bedrock = async function (this: BedrockClient, command: Command) {
    const name = command.constructor.name.replace("Command", "");
    for (const resource of RESOURCES[name] ?? []) gate(`bedrock:${name}`, resource);
    if (name === "CreateModelInvocationJob")
      gate("iam:PassRole", "BedrockRole", { "iam:PassedToService": ["bedrock.amazonaws.com"] });
    const body = JSON.stringify(command.input);
    for (let left = (await this.config.maxAttempts()) - 1; ; left--) {
      try {
        return await once(network, name, body);
      } catch (error) {
        const { name, $metadata } = error as AwsError;
        const { httpStatusCode: status = 503 } = $metadata;
        if (left === 0 || name === "SyntaxError" || (status < 500 && status !== 429)) throw error;
        await world.time.sleep(world.between(50, 5000));
      }
    }
  };
  const s3 = async (command: Command) => {
    const { Key } = command.input as { Key: string };
    const action = command.constructor.name.replace("Command", "").replace("HeadObject", "GetObject");
    gate(`s3:${action}`, `JobBucket/${Key}`);
    try {
      return await bucket.send(command);
    } catch (error) {
      if (error instanceof NoSuchKey || error instanceof NotFound) gate("s3:ListBucket", "JobBucket");
      throw error;
    }
  };
  return [replaced(BedrockClient.prototype, { send: bedrock }), replaced(S3Client.prototype, { send: s3 })];
}

type AwsError = Error & { $metadata: { httpStatusCode?: number } };

/** One request, as the SDK sends it: an answer, or an error with its name and its status. */
async function once(network: Network, name: string, input: string): Promise<object> {
  const url = new URL(`${process.env.AWS_ENDPOINT_URL_BEDROCK}/${name}`);
  const patience = new Patience();
  setTimeout(patience.giveUp, REQUEST_TIMEOUT);
  const late = patience.end.then(() => Promise.reject(new Error("The operation was aborted")));
  const sent = { method: "POST", headers: new Map<string, string>(), body: Buffer.from(input) };
  const { status, body } = await Promise.race([network(url, sent, patience), late]).catch((error: Error) => {
    throw Object.assign(error, { name: "code" in error ? "Error" : "TimeoutError", $metadata: {} });
  });
  const answer = await textOf(body);
  if (status === 200) return parsed(answer);
  const { __type, message } = parsed(answer) as { __type: string; message: string };
  throw Object.assign(new Error(message), { name: __type, $metadata: { httpStatusCode: status } });
}

/** What is no JSON is an error without a status, which is not sent again. */
function parsed(answer: string): object {
  try {
    return JSON.parse(answer);
  } catch (cause) {
    throw Object.assign(new Error(String(cause)), { name: "SyntaxError", $metadata: {} });
  }
}
