import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const LOCK = join(import.meta.dirname, "../../../local/folder-lock.ts");
/** Takes the lock as soon as a line comes in, says whether it got it, and keeps it until its input ends. */
const PROGRAM = `
  const { lockFolder } = await import(process.argv[1]);
  process.stdin.once("data", () => {
    try { lockFolder(process.argv[2]); console.log("got"); } catch (error) { console.log(error.name); }
  });
  process.stdin.once("end", () => process.exit());
  console.log("ready");
`;

test.each(["no lock", "a dead process's lock"])(
  "of eight processes that come at once, one gets %s",
  async (lock) => {
    const dir = mkdtempSync(join(tmpdir(), "nightshift-lock-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    if (lock !== "no lock") writeFileSync(join(dir, "pid"), "4194304\n");
    const children = Array.from({ length: 8 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, LOCK, dir]),
    );
    const said = children.map(() => "");
    const all = (lines: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (said.every((text) => text.split("\n").length > lines)) resolve();
          else setTimeout(look, 10);
        };
        look();
      });
    children.forEach((child, index) => {
      child.stdout.on("data", (text) => {
        said[index] += text;
      });
    });
    await all(1);
    for (const child of children) child.stdin.write("go\n");
    await all(2);
    const outcomes = said.map((text) => text.split("\n")[1]);
    expect(outcomes.filter((outcome) => outcome === "got")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "FolderInUseError")).toHaveLength(7);
    expect(readdirSync(dir)).toEqual(["lock", "pid"]);
    for (const child of children) child.stdin.end();
  },
);
