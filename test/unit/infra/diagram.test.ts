import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { synthesizedDefinition } from "../../../infra/programs/definition.ts";
import { drawing } from "../../../infra/programs/diagram/svg.ts";
import { transitions } from "../../../infra/programs/diagram/transitions.ts";

const ROOT = join(import.meta.dirname, "../../..");

test("docs/state-machine.svg shows the state machine as it is: if not, run `npm run diagram`", () => {
  expect(readFileSync(join(ROOT, "docs/state-machine.svg"), "utf8")).toBe(drawing(synthesizedDefinition()));
});

test("arrows: the way, the answers of a choice, and one for all failures", () => {
  const States = {
    A: { Type: "Task", Next: "B?", Catch: [{ Next: "C" }, { Next: "C" }] },
    "B?": {
      Type: "Choice",
      Choices: [
        { Variable: "$.b", BooleanEquals: true, Next: "A" },
        { Variable: "$.d", BooleanEquals: false, Next: "B?" },
      ],
      Default: "C",
    },
    C: { Type: "Succeed" },
  };
  expect(transitions({ StartAt: "A", States })).toEqual([
    { from: "A", to: "B?", label: "", kind: "next" },
    { from: "A", to: "C", label: "", kind: "failure" },
    { from: "B?", to: "A", label: "yes", kind: "next" },
    { from: "B?", to: "B?", label: "not d", kind: "next" },
    { from: "B?", to: "C", label: "no", kind: "next" },
  ]);
});
