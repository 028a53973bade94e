/** Mistakes on the command line: told at once, with exit code 2, and nothing is started. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { item, Place } from "../harness/command.ts";

const KEY = { OPENAI_API_KEY: "test-key" };
const JOB = ["--provider", "openai", "--model", "gpt-4.1-mini"];

/** Runs it, and expects that it was refused before anything began. */
async function refused(place: Place, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(existsSync(join(place.dir, ".nightshift"))).toBe(false);
  return stderr;
}

test.each([
  [["run", "nope.jsonl", ...JOB], "there is no file nope.jsonl"],
  [["run", "folder", ...JOB], "folder is a directory; give its files, as in 'folder/*.csv.gz'"],
  [["run", "/dev/null", ...JOB], "/dev/null is not a regular file"],
  [["run", "a.jsonl", "--provider", "openia", "--model", "m"], "Allowed choices are openai, anthropic"],
  [["run", "a.jsonl", ...JOB, "--modle", "m"], "unknown option '--modle'"],
  [["run", "a.jsonl", "--model", "m"], "no provider"],
  [["run", "a.jsonl", "--provider", "openai"], "no model"],
  [["run", "a.jsonl", ...JOB, "--upstream", "http://127.0.0.1:1/v1"], "--upstream needs --sandbox"],
  [["run", "a.jsonl", ...JOB, "--sandbox", "--upstream", "ollama"], "must be an http or https URL"],
  [["run", "a.jsonl", ...JOB, "--temperature", "3"], "'--temperature <number>' argument '3' is invalid"],
  [["run", "a.jsonl", ...JOB, "--max-tokens", "many"], "'--max-tokens <number>' argument 'many' is invalid"],
  [["run", "a.jsonl", ...JOB, "--max-rounds", ""], "'--max-rounds <number>' argument '' is invalid"],
  [["run", "a.jsonl", ...JOB, "--prompt", ""], "'--prompt <text>' argument '' is invalid. must not be empty"],
  [["run", "a.jsonl", ...JOB, "--id", ""], "'--id <column>' argument '' is invalid. must not be empty"],
  [
    ["run", "a.jsonl", ...JOB, "--prompt", "{{custom_id}}", "--schema", "text.json"],
    'schema: its root must be an object ("type": "object")',
  ],
  [["run", "a.jsonl", ...JOB, "--image", ""], "image.0 (from the command line): must not be empty"],
  [
    ["run", "a.jsonl", ...JOB, "--endpoint", "/v1/images"],
    "'--endpoint <path>' argument '/v1/images' is invalid",
  ],
  [["run", "a.jsonl", ...JOB, "--extra", "[1]"], "It must be a JSON object"],
  [["run", "a.jsonl", ...JOB, "--prices", "1"], "two numbers, such as 0.8,3.2"],
  [["run", "failed.jsonl", ...JOB, "--out", "."], "failed.jsonl would be overwritten"],
  [["run"], "missing required argument 'files'"],
  [["walk"], "unknown command 'walk'"],
  [["submit", "nope.jsonl", ...JOB], "there is no file nope.jsonl"],
  [["submit", "a.jsonl", "--provider", "anthropic", "--model", "m"], "set ANTHROPIC_API_KEY"],
  [["list", "--stack", "Nightshift", "--sandbox"], "cannot be used with option '--sandbox'"],
  [["list", "--limit", "0"], "'-n, --limit <number>' argument '0' is invalid"],
  [["status", "data"], "no job was ever run in"],
  [["results", "data", "--failed", "--format", "csv"], "leave out --format"],
  [["results", "data", "--failed", "--out", "b.csv"], "let --out be a folder"],
  [["results", "data", "--out", "a.jsonl"], "a.jsonl is there already; give another name with --out"],
  [["results", "data", "--format", "xlsx"], "Allowed choices are jsonl, csv"],
  [["submit", "a.jsonl", ...JOB, "--tenant", "acme"], "--tenant needs --stack"],
  [["submit", "a.jsonl", ...JOB, "--stack", "Nightshift", "--tenant", "a_b"], "a tenant's name has"],
  [["watch"], "missing required argument 'job'"],
])("%j", async (args, message) => {
  const place = new Place();
  place.env = KEY;
  place.file("a.jsonl", [item("a")]);
  place.file("failed.jsonl", [item("a")]);
  place.file("text.json", '{"type": "string"}');
  mkdirSync(join(place.dir, "folder"));
  for (const name of ["README.md", "part-1.csv.gz"]) place.file(`folder/${name}`, "");
  expect(await refused(place, args)).toContain(message);
});

test("without a key it names the variable and the sandbox", async () => {
  const place = new Place();
  const error = await refused(place, ["run", place.file("a.jsonl", [item("a")]), ...JOB]);
  expect(error).toContain("OPENAI_API_KEY");
  expect(error).toContain("--sandbox");
});

test("a key may stand in a file; the environment is stronger", async () => {
  const place = new Place();
  const file = place.file("a.jsonl", [item("a")]);
  place.file(".env", "OPENAI_API_KEY=from-file\nOPENAI_BASE_URL=http://127.0.0.1:9/v1\n");
  const args = ["doctor", "--provider", "openai", "--offline", "--json"];
  const found = await place.run([...args, "--env-from", ".env"]);
  expect(found.stdout).toContain('"name":"OpenAI key","outcome":"ok"');
  expect(found.stdout).toContain("http://127.0.0.1:9/v1");
  expect(found.stdout).not.toContain("from-file");
  // Never read without being asked: it may be another program's.
  expect((await place.run(args)).stdout).toContain('"name":"OpenAI key","outcome":"wrong"');
  expect(await refused(place, ["run", file, ...JOB, "--env-from", "no.env"])).toContain(
    "there is no file no.env",
  );
  for (const flag of ["--schema", "--prompt-file"])
    expect(await refused(place, ["run", file, ...JOB, flag, "no.txt"])).toContain("there is no file no.txt");
});

test("the file's first line says which key is needed", async () => {
  const place = new Place();
  place.env = KEY;
  const file = place.file("a.jsonl", [
    { job: { provider: "anthropic", model: "claude-haiku-4-5" } },
    item("a"),
  ]);
  expect(await refused(place, ["run", file])).toContain("ANTHROPIC_API_KEY");
});

test("help has examples and exit codes, and the version is the package's", async () => {
  const place = new Place();
  const help = await place.run(["run", "--help"]);
  expect(help.code).toBe(0);
  for (const text of ["--max-concurrent-batches", "Examples:", "130 ", "OPENAI_API_KEY"]) {
    expect(help.stdout).toContain(text);
  }
  expect(await place.run(["help", "run"])).toEqual(help);
  // As npx sets it: its examples can be typed as they stand.
  place.env = { npm_command: "exec" };
  expect((await place.run(["run", "--help"])).stdout).toContain("$ npx nightshift run data.jsonl");
  expect(await place.run(["--version"])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: "" });
});

test("a data folder that is a file is said in words", async () => {
  const place = new Place();
  const file = place.file("a.jsonl", [item("a")]);
  const { code, stderr } = await place.run(["run", file, ...JOB, "--sandbox", "--data-dir", file]);
  expect(code).toBe(1);
  expect(stderr).toContain("leads through a file, which is no folder: choose another folder");
});
