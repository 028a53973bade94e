import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { newJob } from "../../../../cli/input/new-job.ts";
import { quoteFile } from "../../../../cli/input/quote-file.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000", "hex");

function folder(files: Record<string, string | Buffer>): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-test-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(dir, name, ".."), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}

const OPENAI = { provider: "openai", model: "gpt-4.1-mini", sandbox: true };

test("a recipe names its input and its schema from its own folder; flags are stronger", async () => {
  const dir = folder({
    "job.yaml": "provider: openai\nmodel: gpt-4.1\nprompt: 'Say {{a}}'\ninput: data.csv\n",
    "data.csv": "a\n1\n",
  });
  const job = await newJob([join(dir, "job.yaml")], { model: "gpt-4.1-mini", sandbox: true });
  expect(job).toMatchObject({
    file: join(dir, "data.csv"),
    settings: { provider: "openai", model: "gpt-4.1-mini", prompt: "Say {{a}}" },
  });
  const other = await newJob([join(dir, "data.csv")], { recipe: join(dir, "job.yaml"), sandbox: true });
  expect(other).toMatchObject({ file: job.file, model: "gpt-4.1" });
});

test("several files of several kinds are one job, by a glob and by name", async () => {
  const dir = folder({
    "a.csv": "id,n\n1,007\n",
    "b.csv": gzipSync("id,n\n2,008\n"),
    "c.json": '[{"id": 3, "n": 12345678901234567890}]',
  });
  const job = await newJob([join(dir, "*.csv"), join(dir, "c.json")], { ...OPENAI, prompt: "{{n}}" });
  expect(readFileSync(job.file, "utf8")).toBe(
    '{"id":"1","n":"007"}\n{"id":"2","n":"008"}\n{"id": 3, "n": 12345678901234567890}\n',
  );
  expect(await quoteFile(job.file, job.settings)).toMatchObject({ items: 3, invalid: 0, refusal: null });
  await job[Symbol.asyncDispose]();
  expect(() => readFileSync(job.file)).toThrow("ENOENT");
});

test("pictures that are files beside the table go into its rows", async () => {
  const dir = folder({
    "t.csv": "id,img\n1,pics/a.png\n2,https://x/b.png\n3,\n",
    "pics/a.png": PNG,
  });
  const job = await newJob([join(dir, "t.csv")], { ...OPENAI, prompt: "What?", image: ["img"] });
  const [first, second] = readFileSync(job.file, "utf8").split("\n");
  expect(first).toBe(`{"id":"1","img":"data:image/png;name=pics%2Fa.png;base64,${PNG.toString("base64")}"}`);
  expect(second).toBe('{"id":"2","img":"https://x/b.png"}');
  expect(await quoteFile(job.file, job.settings)).toMatchObject({ items: 3, invalid: 1 });
  await job[Symbol.asyncDispose]();
});

test("a table from elsewhere names no other file of this machine", async () => {
  const secret = folder({ "key.png": PNG });
  const dir = folder({
    "t.csv": `img\n../${secret.split("/").at(-1)}/key.png\n`,
    "l.csv": "img\nlink.png\n",
  });
  symlinkSync(join(secret, "key.png"), join(dir, "link.png"));
  for (const table of ["t.csv", "l.csv"]) {
    const open = newJob([join(dir, table)], { ...OPENAI, prompt: "?", image: ["img"] });
    await expect(open).rejects.toThrow("is outside the folder of the table");
  }
});

test.each([
  [["nothing.csv"], "there is no file nothing.csv"],
  [["-", "b.csv"], "standard input (-) is an input of its own"],
  [["job.yaml", "b.csv"], "job.yaml is a recipe: give it alone, or as --recipe job.yaml beside its input"],
  [["b.csv", "job.yml"], "job.yml is a recipe: give it alone, or as --recipe job.yml beside its input"],
])("%j: told before anything starts", async (names, problem) => {
  await expect(newJob(names, OPENAI)).rejects.toThrow(problem);
});

test("a recipe as the input leaves no place for another", async () => {
  const two = newJob(["job.yaml"], { ...OPENAI, recipe: "other.yaml" });
  await expect(two).rejects.toThrow("job.yaml is a recipe");
});

test("a recipe with a misspelt key", async () => {
  const dir = folder({ "job.yaml": "promt: x\ninput: a.csv\n" });
  await expect(newJob([join(dir, "job.yaml")], OPENAI)).rejects.toThrow("did you mean prompt?");
});
