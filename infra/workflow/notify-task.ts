import type { IEventBus } from "aws-cdk-lib/aws-events";
import { JsonPath, TaskInput } from "aws-cdk-lib/aws-stepfunctions";
import { EventBridgePutEvents } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct } from "constructs";
import { EVENT } from "../../shared/names.ts";
import { EVENT_RETRIES } from "./retries.ts";

/** A task that puts the state's `info` on the bus, straight from the state machine. The state stays as it is. */
export function notifyTask(
  scope: Construct,
  stateName: string,
  eventBus: IEventBus,
  detailType: string = EVENT.detailType,
): EventBridgePutEvents {
  const task = new EventBridgePutEvents(scope, stateName, {
    entries: [
      {
        eventBus,
        source: EVENT.source,
        detailType,
        detail: TaskInput.fromJsonPathAt("$.info"),
      },
    ],
    resultPath: JsonPath.DISCARD,
  });
  for (const retry of EVENT_RETRIES) task.addRetry(retry);
  return task;
}
