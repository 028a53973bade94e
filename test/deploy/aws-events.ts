/**
 * An event of an AWS service on the account's default bus. Only AWS itself can put one there (`PutEvents` refuses a source
 * `aws.…`, at AWS and on the emulator), so this does what the bus does: whose pattern fits, by EventBridge's own test, is called.
 */
import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  TestEventPatternCommand,
} from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { JobEvent } from "../../local/sandbox/bedrock/publisher.ts";

/** Delivers an event to the Lambdas behind each rule that it fits. @returns how many there are */
export async function deliverAwsEvent(event: JobEvent): Promise<number> {
  const [bus, lambdas] = [new EventBridgeClient({}), new LambdaClient({})];
  const Event = JSON.stringify({ version: "0", id: "00000000-0000-0000-0000-000000000000", ...event });
  let delivered = 0;
  const { Rules = [] } = await bus.send(new ListRulesCommand({}));
  for (const { Name, EventPattern } of Rules) {
    if (!EventPattern) continue;
    const { Result } = await bus.send(new TestEventPatternCommand({ EventPattern, Event }));
    if (!Result) continue;
    const { Targets = [] } = await bus.send(new ListTargetsByRuleCommand({ Rule: Name }));
    for (const { Arn } of Targets) {
      const call = { FunctionName: Arn, InvocationType: "Event", Payload: Event } as const;
      await lambdas.send(new InvokeCommand(call));
      delivered += 1;
    }
  }
  return delivered;
}
