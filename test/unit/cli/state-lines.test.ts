import { expect, test } from "vitest";
import { stateText } from "../../../cli/output/state-lines.ts";
import { synthesizedDefinition } from "../../../infra/programs/definition.ts";

type States = Record<string, { Type: string; ItemProcessor?: { States: States } }>;

/** States that people should see pass: those that do or wait for something, and the ends. */
const SHOWN = /^(Task|Wait|Map|Succeed|Fail)$/;

test("every state of the definition that does something has its words", () => {
  const states = synthesizedDefinition().definition.States as unknown as States;
  const untold: string[] = [];
  const visit = (level: States, inBatch: boolean) => {
    for (const [name, state] of Object.entries(level)) {
      if ((stateText(name, inBatch) !== undefined) !== SHOWN.test(state.Type)) untold.push(name);
      if (state.ItemProcessor) visit(state.ItemProcessor.States, true);
    }
  };
  visit(states, false);
  expect(untold).toEqual([]);
});
