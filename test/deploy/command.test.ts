/** The command against a deployed stack: `--stack Nightshift`, with the AWS credentials of who runs it. */
import { existsSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeBrowser, EXECUTABLE, openPage } from "../browser/chromium.ts";
import { item, Place } from "../harness/command.ts";
import { KEYS, type Stack, startStack } from "./stack.ts";

const ITEMS = Array.from({ length: 25 }, (_, index) => item(`№ ${index}`, `secret question ${index}`));
const TEXT = ITEMS.map((line) => `${JSON.stringify(line)}\n`).join("");
const STACK = ["--stack", "Nightshift"];
const OPENAI = ["--provider", "openai", "--model", "gpt-4.1-mini", ...STACK];
const ANTHROPIC = ["--provider", "anthropic", "--model", "claude-haiku-4-5", ...STACK];

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
  await stack.aws.setKey(stack.aws.outputs.OpenAiSecretName, KEYS.openai);
  await stack.aws.setKey(stack.aws.outputs.AnthropicSecretName, KEYS.anthropic);
  await stack.aws.listen();
});

afterAll(() => stack?.stop());

/** A folder whose commands take the emulator for AWS; they have no provider's key. */
function place(): Place {
  const here = new Place();
  here.env = { ...stack.env };
  return here;
}

/** Submits a file. @returns its job's id */
async function submitted(here: Place, file: string, settings: string[]): Promise<string> {
  const { code, stdout, stderr } = await here.run(["submit", file, ...settings, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout).job_id;
}

/** Batches that were created at OpenAI. */
const created = async () => (await stack.sandbox.stats()).openai.batches_created;

test("submit, status, watch, list and results: three batches, each sent once", async () => {
  const here = place();
  const before = await created();
  const file = here.file("plain.jsonl", TEXT);
  const asked = [...OPENAI, "--system", "secret instructions"];
  const id = await submitted(here, file, asked);
  const status = await here.run(["status", id, ...STACK]);
  expect(status).toMatchObject({ code: 0, stderr: "" });
  expect(status.stdout).toContain(`Job ${id}: `);

  const watched = await here.run(["watch", id, ...STACK]);
  expect(watched).toMatchObject({ code: 0, stderr: "" });
  expect(watched.stdout).toContain("25 items in 3 batches");
  expect(watched.stdout).toContain(`Job ${id}: completed`);
  expect((await here.run(["list", ...STACK])).stdout).toMatch(
    new RegExp(`${id} +completed +stack \\S+ +\\S+ +25/25 `),
  );

  expect((await here.run(["results", id.slice(0, 8), ...STACK, "--out", "out"])).code).toBe(0);
  expect(here.results().map(({ custom_id }) => custom_id)).toEqual(ITEMS.map(({ custom_id }) => custom_id));
  // The upload's own event has started nothing beside it, and neither does a second submit.
  expect(await submitted(here, file, asked)).toBe(id);
  expect((await created()) - before).toBe(3);
  const jobs = (await here.run(["list", ...STACK, "--json"])).stdout.trimEnd().split("\n");
  expect(jobs.map((line) => JSON.parse(line).job_id)).toEqual([id]);
  const record = await stack.aws.record(`job#${id}`, "job");
  expect((await stack.aws.execution(String(record?.execution))).text).not.toContain("secret");
});

test("run: a gzip file from here to its results", async () => {
  const here = place();
  const ran = await here.run([
    "run",
    here.file("zipped.jsonl.gz", gzipSync(TEXT)),
    ...ANTHROPIC,
    "--out",
    "out",
  ]);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(here.results()).toHaveLength(25);
  expect(JSON.parse(here.read("out/summary.json"))).toMatchObject({
    status: "completed",
    provider: "anthropic",
  });
});

const CSV = `sku,text\n${Array.from({ length: 25 }, (_, n) => `00${n},"late, and ""broken"" ${n}"\n`).join("")}`;
const SCHEMA = {
  type: "object",
  properties: { kind: { enum: ["billing", "other"] }, urgent: { type: "boolean" } },
  required: ["kind", "urgent"],
  additionalProperties: false,
};
const HEADER =
  "line,custom_id,sku,text,status,error,content,finish_reason,kind,urgent,prompt_tokens,completion_tokens,total_tokens,cost_usd";
const ANSWERED =
  /^\d+,00\d+,00\d+,"late, and ""broken"" \d+",succeeded,,.*,stop,(billing|other),(true|false),\d+,/;

/** Expects a table of the CSV's rows with their answers. */
function expectAnswered(table: string): void {
  const [head, ...rows] = table.trimEnd().split("\n");
  expect(head).toBe(HEADER);
  expect(rows).toHaveLength(25);
  for (const row of rows) expect(row).toMatch(ANSWERED);
}

test("a stored recipe: an upload that names it becomes the same table with typed columns", async () => {
  const here = place();
  here.file("schema.json", JSON.stringify(SCHEMA));
  here.file("sort.yaml", [
    "# What tickets are sorted by.",
    "input: tickets.csv",
    "provider: openai",
    "model: gpt-4.1-mini",
    "id: sku",
    'prompt: "Sort: {{text}}"',
    "schema: schema.json",
  ]);
  const put = await here.run(["recipe", "put", "sort.yaml", ...STACK]);
  expect(put).toMatchObject({ code: 0, stderr: "" });
  expect(put.stdout).toContain("--metadata recipe=sort");
  expect((await here.run(["recipe", "list", ...STACK])).stdout).toBe("sort\n");
  const shown = (await here.run(["recipe", "show", "sort", ...STACK])).stdout;
  expect(shown).toContain("# What tickets are sorted by.");
  expect(shown).toContain("additionalProperties: false");
  await stack.aws.upload("inbox/tickets.csv", CSV, { recipe: "sort" });
  const end = (await stack.aws.eventsOf("tickets-csv")).at(-1);
  expect(end?.error ?? null).toBeNull();
  expect(end).toMatchObject({ status: "completed", counts: { succeeded: 25 } });
  expectAnswered(await stack.aws.read(`results/${end?.job_id}/results.csv`));
  const results = await stack.aws.read(`results/${end?.job_id}/results.jsonl`);
  expect(JSON.parse(results.split("\n", 1)[0] ?? "")).toMatchObject({ input: { sku: "000" } });
  // The command takes it by its name, too, for a file of this machine.
  here.file("more.csv", CSV);
  const ran = await here.run(["run", "more.csv", "--recipe", "sort", ...STACK, "--out", "out"]);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expectAnswered(here.read("out/results.csv"));
});

test("an upload that names no recipe of the stack is reported", async () => {
  await stack.aws.upload("inbox/nothing.csv", CSV, { recipe: "nobody" });
  expect((await stack.aws.eventsOf("nothing-csv")).at(-1)?.error).toContain(
    "there is no recipes/nobody.yaml in the bucket",
  );
});

test("run: a CSV with a prompt and a schema, to a CSV and a Parquet file of typed columns", async () => {
  const here = place();
  here.file("data.csv", CSV);
  here.file("schema.json", JSON.stringify(SCHEMA));
  const asked = ["--id", "sku", "--prompt", "Sort: {{text}}", "--schema", "schema.json"];
  const outputs = ["--outputs", "csv,parquet", "--out", "out"];
  const ran = await here.run(["run", "data.csv", ...ANTHROPIC, ...asked, ...outputs]);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expectAnswered(here.read("out/results.csv"));
  expect(here.read("out/results.parquet").slice(0, 4)).toBe("PAR1");
});

test("cancel --wait ends a job, with every line accounted for; retry asks again what has no answer", async () => {
  const here = place();
  stack.holdBatches();
  const id = await submitted(here, here.file("cancelled.jsonl", TEXT), OPENAI);
  const cancelled = await here.run(["cancel", id, ...STACK, "--wait"]);
  expect(cancelled.stdout).toContain(`Job ${id} will be cancelled`);
  expect(cancelled.stdout).toContain(`Job ${id}: cancelled`);
  expect(cancelled.code).toBe(3);
  await here.run(["results", id, ...STACK, "--out", "out"]);
  expect(here.results()).toHaveLength(25);
  const answered = here.results().filter(({ status }) => status === "succeeded").length;
  expect(answered).toBeLessThan(25);

  // What has no answer goes out as another batch of the stack's; the answers come into their places here.
  const retried = await here.run(["retry", id, ...STACK, "--out", "out"]);
  expect(retried).toMatchObject({ code: 0, stderr: "" });
  const rows = here.read("out/results-2.jsonl").trimEnd().split("\n");
  expect(rows.map((row) => JSON.parse(row)).map(({ custom_id, status }) => [custom_id, status])).toEqual(
    ITEMS.map(({ custom_id }) => [custom_id, "succeeded"]),
  );
});

test("a stack that is not there, and no right to read it", async () => {
  const here = place();
  const absent = await here.run(["list", "--stack", "Dayshift"]);
  expect(absent).toMatchObject({ code: 1, stdout: "" });
  expect(absent.stderr).toContain("there is no stack Dayshift in us-east-1; check its name and AWS_REGION");
  const { AWS_REGION: _, AWS_DEFAULT_REGION: __, ...nowhere } = here.env;
  here.env = { ...nowhere, AWS_CONFIG_FILE: "/dev/null" };
  expect((await here.run(["list", ...STACK])).stderr).toContain("no AWS region: set AWS_REGION");
});

test.skipIf(!existsSync(EXECUTABLE))(
  "view: asks again what a stack's job has no answer to, and shows the answers in their places",
  async () => {
    const here = place();
    stack.holdBatches();
    const id = await submitted(here, here.file("asked-again.jsonl", TEXT), OPENAI);
    await here.run(["cancel", id, ...STACK, "--wait"]);
    const viewer = here.start(["view", id, ...STACK]);
    await viewer.prints(/http:\S+\n/);
    const { page, problems } = await openPage(/http:\S+/.exec(viewer.stdout)?.[0] ?? "");
    await page.getByRole("button", { name: /^Ask \d+ again$/ }).click({ timeout: 120_000 });
    await page.getByText("Asked again:").waitFor({ timeout: 400_000 });
    expect(await page.locator("pre").first().textContent()).toContain("25 of 25 items answered now");
    await page.getByText(/With the answers of a retry/).waitFor();
    await page.getByLabel("Status").selectOption("succeeded");
    await page.getByText(/^25 rows/).waitFor();
    await page.locator("details").first().locator("summary").click();
    await page.getByText("[user] secret question 0", { exact: true }).waitFor();
    expect(problems).toEqual([]);
    viewer.kill("SIGINT");
    expect((await viewer.ended).code).toBe(0);
    await closeBrowser();
  },
  600_000,
);

test.skipIf(!existsSync(EXECUTABLE))(
  "view: a stack's job at work, and its answers in three forms",
  async () => {
    const here = place();
    stack.holdBatches();
    const id = await submitted(here, here.file("viewed.jsonl", TEXT), OPENAI);
    const viewer = here.start(["view", id, ...STACK]);
    await viewer.prints(/http:\S+\n/);
    const { page, problems } = await openPage(/http:\S+/.exec(viewer.stdout)?.[0] ?? "");
    await page.locator('[data-state="WaitForProvider"].lit').waitFor({ timeout: 120_000 });
    await page.getByText("0 of 25 rows").waitFor();
    stack.passTime(60_000);
    await page.getByText(/^25 rows, to 100.0 %/).waitFor({ timeout: 180_000 });
    await page.getByText("№ 24", { exact: true }).click();
    await page.getByLabel("Text in the row").fill("№ 7");
    await page.keyboard.press("Enter");
    await page.getByText(/^1 rows/).waitFor();
    for (const name of ["results.jsonl", "results.csv", "results.parquet", "report.html"]) {
      const link = page.getByRole("link", { name, exact: true });
      const url = new URL((await link.getAttribute("href")) ?? "", page.url());
      const answer = await page.request.get(url.href);
      expect([name, answer.status(), answer.headers()["content-disposition"]]).toEqual([
        name,
        200,
        expect.stringContaining(name),
      ]);
    }
    await page.getByRole("link", { name: "all jobs" }).click();
    await page
      .getByRole("row", { name: new RegExp(`${id} completed gpt-4.1-mini stack Nightshift`) })
      .waitFor();
    expect(problems).toEqual([]);
    viewer.kill("SIGINT");
    expect((await viewer.ended).code).toBe(0);
    await closeBrowser();
  },
);
