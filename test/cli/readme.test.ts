/** The README's own lines, as a newcomer types them: a few rows, another prompt, a few rows, all rows. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SECTION = /## First a few rows, then all\n[\s\S]*?```sh\n([\s\S]*?)```/;

test("try, change the prompt, try, run", { timeout: 240_000 }, async () => {
  const lines =
    SECTION.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1]
      ?.trim()
      .split("\n") ?? [];
  expect(lines).toHaveLength(3);
  const dir = mkdtempSync(join(tmpdir(), "nightshift-readme-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  symlinkSync(join(ROOT, "examples"), join(dir, "examples"));
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const said: string[] = [];
  for (const line of lines) {
    const command = line.replace(/^npx nightshift/, `${process.execPath} ${join(ROOT, "bin/nightshift.js")}`);
    const { stdout } = await promisify(execFile)("sh", ["-c", command], { cwd: dir, env });
    said.push(stdout);
  }
  const [first, second, run] = said;
  expect(first).toContain("Sort: ");
  expect(first).toMatch(/The whole job, by these answers: 40 items, .* USD by batch, .* in real time/);
  expect(second).toContain("In one word: ");
  expect(second).not.toContain("answered by an earlier try");
  // The prompt was tried: there is nothing to say of it.
  expect(run).not.toContain("Not tried yet");
  const table = readFileSync(join(dir, "sorted.csv"), "utf8").trimEnd().split("\n");
  expect(table).toHaveLength(41);
});
