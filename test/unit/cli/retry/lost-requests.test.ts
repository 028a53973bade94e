import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { LostRequests } from "../../../../cli/retry/lost-requests.ts";

// A killed run was counted with what it had under way, and without what it had paid for before and not kept.
test("the next retry knows what a killed one had under way, and what it had lost before", () => {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-lost-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "retry-2.unknown");
  const killed = new LostRequests(file, 3);
  for (const lost of [0, 1, 2, 2]) killed.ended(lost);
  const next = new LostRequests(file, 3);
  expect(next.before).toBe(5);
  next.known(1);
  expect(new LostRequests(file, 0).before).toBe(6);
});
