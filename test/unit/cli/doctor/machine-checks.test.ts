import { expect, test } from "vitest";
import { nodeCheck } from "../../../../cli/doctor/machine-checks.ts";

test.each([
  ["24.21.0", "ok"],
  ["26.0.0", "ok"],
  ["22.18.0", "warning"],
  ["9.11.2", "warning"],
])("Node %s: %s", (version, outcome) => {
  expect(nodeCheck(version)).toMatchObject({ outcome, what: expect.stringContaining(version) });
});
