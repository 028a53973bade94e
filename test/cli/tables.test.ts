/** A table in, the same table with the answers beside it out, by the command. */
import { expect, test, vi } from "vitest";
import { Place } from "../harness/command.ts";

// Each test starts the command several times.
vi.setConfig({ testTimeout: 280_000 });

const SCHEMA = {
  type: "object",
  properties: { kind: { enum: ["billing", "other"] }, count: { type: "integer", minimum: 3 } },
  required: ["kind", "count"],
  additionalProperties: false,
};

test("a CSV becomes a CSV with a typed column for each key of the schema; ids stay as they are", async () => {
  const place = new Place();
  place.file("data.csv", ["sku,text", '007,"a ""quoted"", text"', "12345678901234567890,another", "=1+1,"]);
  place.file("schema.json", JSON.stringify(SCHEMA));
  const ended = await place.run([
    ...["run", "data.csv", "--provider", "openai", "--model", "gpt-4.1-mini", "--sandbox", "--out", "out"],
    ...["--id", "sku", "--prompt", "Sort: {{text}}", "--schema", "schema.json", "--outputs", "csv,parquet"],
  ]);
  expect(ended.code, ended.stderr).toBe(0);
  const [head, ...rows] = place.read("out/results.csv").trimEnd().split("\n");
  expect(head).toBe(
    "line,custom_id,sku,text,status,error,content,finish_reason,kind,count,prompt_tokens,completion_tokens,total_tokens,cost_usd",
  );
  expect(rows.map((row) => row.split(",")[1])).toEqual(["007", "12345678901234567890", "=1+1"]);
  for (const row of rows) expect(row).toMatch(/,stop,(billing|other),3,/);
  expect(place.results().map(({ input }) => input)).toEqual([
    { sku: "007", text: 'a "quoted", text' },
    { sku: "12345678901234567890", text: "another" },
    { sku: "=1+1", text: "" },
  ]);
  expect(place.read("out/results.parquet").slice(0, 4)).toBe("PAR1");
});

test("data.csv becomes answers.csv; a rerun of what failed is merged into the job's tables", async () => {
  const place = new Place();
  const bad = await place.provider({ failRate: 0.5 });
  place.file("data.csv", ["id,text", ...Array.from({ length: 20 }, (_, n) => `00${n},text ${n}`)]);
  place.file("schema.json", JSON.stringify(SCHEMA));
  const job = [
    "--provider",
    "openai",
    "--model",
    "gpt-4.1-mini",
    "--min-poll-seconds",
    "1",
    "--max-rounds",
    "1",
  ];
  const asked = ["--prompt", "Sort: {{text}}", "--schema", "schema.json", "--schema-retries", "0"];
  const ran = await place.run(["run", "data.csv", ...job, ...asked, "--out", "answers.csv", "--json"]);
  expect(ran).toMatchObject({ code: 3, stderr: "" });
  const { job_id, counts } = JSON.parse(ran.stdout.trimEnd().split("\n").at(-1) ?? "");
  const rows = place.read("answers.csv").trimEnd().split("\n").slice(1);
  expect(rows).toHaveLength(20);
  expect(rows.filter((row) => row.includes(",failed,"))).toHaveLength(counts.failed);
  // It is not written over.
  const again = await place.run(["run", "data.csv", ...job, ...asked, "--out", "answers.csv"]);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("answers.csv is there already") });

  await bad.close();
  await place.provider({ port: bad.port });
  const failed = `out/${job_id}/failed.jsonl`;
  const rerun = await place.run(["run", failed, ...job, ...asked, "--out", "rerun"]);
  expect(rerun).toMatchObject({ code: 0, stderr: "" });
  expect(await place.run(["results", job_id, "--merge", "data.csv"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("data.csv is no file of results"),
  });
  const merged = await place.run(["results", job_id, "--merge", "rerun/results.jsonl"]);
  expect(merged).toMatchObject({ code: 0, stderr: "" });
  expect(merged.stdout).toContain(`${counts.failed} answers placed; 0 items without one.`);
  const whole = place.read(`out/${job_id}/results-2.csv`).trimEnd().split("\n").slice(1);
  expect(whole.map((row) => row.split(",").slice(0, 5).join())).toEqual(
    Array.from({ length: 20 }, (_, n) => `${n + 1},00${n},00${n},text ${n},succeeded`),
  );
  const { receipt } = JSON.parse(place.read(`out/${job_id}/summary-2.json`));
  const costs = ["rerun", `out/${job_id}`].map(
    (dir) => JSON.parse(place.read(`${dir}/summary.json`)).receipt.cost_usd,
  );
  expect(receipt.cost_usd).toBeCloseTo(costs[0] + costs[1], 9);
  // Its cost was added once more.
  const twice = await place.run(["results", job_id, "--merge", "rerun/results.jsonl"]);
  expect(twice).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("what the job of rerun/results.jsonl cost is in the receipt already"),
  });
  expect(JSON.parse(place.read(`out/${job_id}/summary-3.json`)).receipt).toEqual(receipt);
  const parquet = await place.run(["results", job_id, "--out", "answers.parquet"]);
  expect(parquet).toMatchObject({ code: 0, stderr: "", stdout: "answers.parquet\n" });
  expect(place.read("answers.parquet").slice(0, 4)).toBe("PAR1");
});

test.each([
  [["--prompt", "{{text}}", "--out", "answers.xlsx"], /results are written as .csv, .parquet or .jsonl/],
  [["--prompt", "{{text}}", "--out", "answers.txt"], /results are written as .csv, .parquet or .jsonl/],
  [["--prompt", "{{nothing}}"], /nothing.*sku.*text/s],
  [["--prompt", "{{text}}", "--outputs", "xlsx"], /outputs/],
])("refused before anything is sent: %j", async (flags, says) => {
  const place = new Place();
  place.file("data.csv", ["sku,text", "1,a"]);
  const ended = await place.run([
    ...["run", "data.csv", "--provider", "openai", "--model", "gpt-4.1-mini", "--sandbox", ...flags],
  ]);
  expect(ended.code).not.toBe(0);
  expect(ended.stderr).toMatch(says);
});

// The later one replaced the other's table, and both said that theirs was there.
test("a table that comes while a job is at work is not written over", async () => {
  const place = new Place();
  await place.provider();
  for (const name of ["one", "two"]) place.file(`${name}.csv`, `text\n${name}\n`);
  const job = ["--provider", "openai", "--model", "gpt-4.1-mini", "--min-poll-seconds", "1"];
  const run = (name: string) =>
    place.run([
      "run",
      `${name}.csv`,
      ...job,
      "--prompt",
      "{{text}}",
      "--data-dir",
      name,
      "--out",
      "same.csv",
    ]);
  const both = await Promise.all([run("one"), run("two")]);
  expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
  const [first, second] = both[0]?.code === 0 ? ["one", "two"] : ["two", "one"];
  expect(place.read("same.csv")).toContain(first);
  const refused = both.find(({ code }) => code === 1);
  expect(refused?.stderr).toContain("same.csv is there since the job began, and stays as it is");
  expect(place.read("same.csv")).not.toContain(second);
});
