import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolders } from "../../../local/make-folders.ts";

test("folders are made with their mode, and those that are there stay", () => {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-folders-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const deep = join(dir, "a/b/c");
  for (let twice = 0; twice < 2; twice++) makeFolders(deep, 0o700);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
  writeFileSync(join(dir, "file"), "");
  expect(() => makeFolders(join(dir, "file/x"))).toThrow("ENOTDIR");
});

// Node's own `mkdir` tried for ever.
test.runIf(existsSync("/proc/self"))("a place that takes no folders is an error", () => {
  expect(() => makeFolders("/proc/nightshift/x")).toThrow(
    "/proc/nightshift cannot be made: this place takes no folders",
  );
});
