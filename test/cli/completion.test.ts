/** The shell's own completion, with what `nightshift completion` prints. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { Place } from "../harness/command.ts";

/** What bash offers for the last of the words. */
function offered(script: string, ...words: string[]): string[] {
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nightshift; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync("bash", ["-c", `${script}\n${ask}`, "bash", "nightshift", ...words], {
    encoding: "utf8",
  });
  return out.split("\n").filter(Boolean);
}

test("bash completes commands, flags and the values of a flag, and leaves files to itself", async () => {
  const place = new Place();
  const { stdout: script, code } = await place.run(["completion", "bash"]);
  expect(code).toBe(0);
  expect(offered(script, "re")).toEqual(["results", "retry", "recipe"]);
  expect(offered(script, "run", "--max-t")).toEqual(["--max-tokens"]);
  expect(offered(script, "list", "--max-t")).toEqual([]);
  expect(offered(script, "run", "a.csv", "--provider", "an")).toEqual(["anthropic", "anthropic-aws"]);
  expect(offered(script, "run", "a")).toEqual([]);
});

test("fish and zsh get scripts of their own; another shell is refused", async () => {
  const place = new Place();
  const fish = await place.run(["completion", "fish"]);
  expect(fish.stdout).toContain("-n '__fish_seen_subcommand_from watch' -l stack");
  const zsh = await place.run(["completion", "zsh"]);
  expect(zsh.stdout).toMatch(/^autoload -U \+X compinit/);
  const other = await place.run(["completion", "cmd"]);
  expect({ code: other.code, stderr: other.stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Allowed choices are bash, zsh, fish"),
  });
});
