/** The examples of README.md and docs/input.md, typed by somebody who has only those. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Place } from "../harness/command.ts";

// A page has several commands, each of which takes seconds.
vi.setConfig({ testTimeout: 280_000 });

const ROOT = join(import.meta.dirname, "../..");
const PAGES = ["README.md", "docs/input.md"];
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** The blocks of a page in one language. */
function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].flatMap(([, name, body = ""]) =>
    name === language ? [body] : [],
  );
}

/** The commands of a page that need neither AWS nor a job that the reader has: as lists of arguments. */
function commandsOf(text: string): string[][] {
  return blocksOf(text, "sh")
    .flatMap((block) => block.replace(/\\\n/g, " ").split("\n"))
    .map((line) => /^(?:\w+=\S+ )?npx nightshift (.*)$/.exec(line.trim())?.[1] ?? "")
    .filter((line) => line !== "" && !/--stack|\bJOB\b/.test(line))
    .map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ""));
}

/** A folder with the examples of the clone, and the files that docs/input.md describes. */
function readersPlace(): Place {
  const place = new Place();
  cpSync(join(ROOT, "examples"), join(place.dir, "examples"), { recursive: true });
  place.file("tickets.csv", read("examples/tickets.csv"));
  for (const block of blocksOf(read("docs/input.md"), "yaml")) {
    const name = /^# (\S+\.yaml)\n/.exec(block)?.[1];
    if (name) place.file(name, block);
  }
  return place;
}

describe.each(PAGES)("%s", (page) => {
  const commands = commandsOf(read(page));
  test.each(commands.map((args) => [args.join(" "), args] as const))("npx nightshift %s", async (_, args) => {
    const place = readersPlace();
    const asked = args[0] === "run" && !args.includes("--sandbox") ? [...args, "--sandbox"] : args;
    const { code, stderr } = await place.run(asked);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const out = args[args.indexOf("--out") + 1];
    if (args.includes("--schema") && out)
      expect(place.read(out)).toMatch(/,kind,urgent,.*\n(.*,succeeded,.*\n){40}$/);
  });
});

test("the recipe of docs/input.md runs, and shows the request of a row", async () => {
  const place = readersPlace();
  expect(await place.run(["run", "sort.yaml", "--sandbox"])).toMatchObject({ code: 0, stderr: "" });
  const shown = await place.run(["quote", "sort.yaml", "--show", "1"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ model: "gpt-4.1-mini" });
});

test("the lines of docs/input.md are items that would be sent", async () => {
  const blocks = blocksOf(read("docs/input.md"), "json");
  expect(blocks.length).toBeGreaterThan(1);
  for (const line of blocks.flatMap((block) => block.trimEnd().split("\n"))) {
    const place = new Place();
    const provider = line.includes('"params"')
      ? ["anthropic", "claude-haiku-4-5"]
      : ["openai", "gpt-4.1-mini"];
    const job = ["--provider", provider[0] ?? "", "--model", provider[1] ?? ""];
    const quoted = await place.run(["quote", place.file("lines.jsonl", [line]), ...job, "--json"]);
    expect(quoted.code, `${line}\n${quoted.stdout}${quoted.stderr}`).toBe(0);
    expect(JSON.parse(quoted.stdout)).toMatchObject({ items: 1, invalid: 0 });
  }
});
