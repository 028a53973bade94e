import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { synthesizedDefinition } from "../../../../infra/programs/definition.ts";
import { HANDLERS } from "../../../../local/engine/handlers.ts";
import { openStores } from "../../../../local/engine/stores.ts";
import { readText, writeText } from "../../../../shared/objects/objects.ts";
import { getRecord, putNew } from "../../../../shared/records/table.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-engine-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

type State = { Type: string; Resource?: string; ItemProcessor?: { States: Record<string, State> } };

function taskStates(states: Record<string, State>): Record<string, State> {
  const all = Object.entries(states).map(([name, state]) => ({
    ...(state.Type === "Task" && { [name]: state }),
    ...(state.ItemProcessor && taskStates(state.ItemProcessor.States)),
  }));
  return Object.assign({}, ...all);
}

test("every Task state of the synthesized definition has its handler, and every handler a state", () => {
  const { definition, tasks } = synthesizedDefinition();
  const states = taskStates(definition.States as unknown as Record<string, State>);
  expect(Object.keys(states).length).toBeGreaterThan(6);
  expect(Object.keys(tasks).sort()).toEqual(Object.keys(states).sort());
  const resources = new Set(Object.values(states).map(({ Resource }) => Resource));
  expect([...resources].sort()).toEqual([...HANDLERS.keys(), "events:putEvents"].sort());
});

test("what a folder holds is there again after a restart, and for another process beside it", async () => {
  const dir = folder();
  const stores = openStores(dir);
  await putNew({ pk: "a", sk: "b", value: 1 });
  await writeText("inbox/ünï code.jsonl", "text");
  const beside = openStores(dir);
  expect(await getRecord({ pk: "a", sk: "b" })).toMatchObject({ value: 1 });
  beside.close();
  stores.close();
  const again = openStores(dir);
  onTestFinished(() => again.close());
  expect(await getRecord({ pk: "a", sk: "b" })).toEqual({ pk: "a", sk: "b", value: 1 });
  expect(await readText("inbox/ünï code.jsonl")).toBe("text");
});
