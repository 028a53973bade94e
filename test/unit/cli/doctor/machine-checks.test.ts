import { expect, test } from "vitest";
import { nodeCheck, TESTED_NODE } from "../../../../cli/doctor/machine-checks.ts";
import packageJson from "../../../../package.json" with { type: "json" };

test.each([
  ["24.21.0", "ok"],
  ["26.0.0", "ok"],
  ["22.18.0", "warning"],
  ["9.11.2", "warning"],
])("Node %s: %s", (version, outcome) => {
  expect(nodeCheck(version)).toMatchObject({ outcome, what: expect.stringContaining(version) });
});

test("it is the Node that a clone brings", () => {
  expect(packageJson.devDependencies.node.split(".", 1)).toEqual([String(TESTED_NODE)]);
});
