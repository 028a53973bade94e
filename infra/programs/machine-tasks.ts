/** What is known of a synthesized state machine without CDK. */
import type { StateMachineDefinition } from "aws-local-stepfunctions";

/** What `WaitForProvider` calls where OpenAI's webhooks are on. */
export const PARK_TOKEN = "aws-sdk:dynamodb:updateItem.waitForTaskToken";

/** The state machine as it is deployed, and what its tasks call. */
export interface SynthesizedDefinition {
  /** Amazon States Language. Where the deployed one has ARNs, this one has plain names: see `tasks`. */
  definition: StateMachineDefinition;
  /**
   * What each Task state calls, by the state's name, those inside the Map included: a Lambda's folder
   * (`functions/submit-batch`), or a service (`events:putEvents`, `PARK_TOKEN`).
   */
  tasks: Readonly<Record<string, string>>;
}

/** Where `npm run build` puts the two definitions in `dist/`: with OpenAI's webhooks, and without. */
export const definitionFile = (webhooks: boolean) => `definition${webhooks ? "-webhooks" : ""}.json`;

/** A Task state, as far as it is read here. */
export type Task = { Type: string; Resource: string; TimeoutSecondsPath?: string; Parameters?: object };
type State = { Type: string; ItemProcessor?: { States: Record<string, State> } };

/** Shows every Task state, those inside the Map included; `visit` may change it. */
export function visitTasks(machine: { States: object }, visit: (name: string, task: Task) => void): void {
  for (const [name, state] of Object.entries(machine.States as Record<string, State>)) {
    if (state.Type === "Task") visit(name, state as Task);
    if (state.ItemProcessor) visitTasks(state.ItemProcessor, visit);
  }
}
