/** Jobs that go on by themselves: submit, list, status, watch, results and cancel, from their arguments on. */
import { globSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { item, Place } from "../harness/command.ts";

// Each test starts the command several times.
vi.setConfig({ testTimeout: 180_000 });

const ITEMS = Array.from({ length: 30 }, (_, index) => item(`item ${index}`, `secret question ${index}`));
const OPENAI = ["--provider", "openai", "--model", "gpt-4.1-mini", "--min-poll-seconds", "1"];
const ANTHROPIC = ["--provider", "anthropic", "--model", "claude-haiku-4-5", "--min-poll-seconds", "1"];

/** Submits a file of items. @returns the job's id */
async function submitted(place: Place, settings = OPENAI, name = "data.jsonl"): Promise<string> {
  const { code, stdout, stderr } = await place.run([
    ...["submit", place.file(name, ITEMS), ...settings],
    "--json",
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout).job_id;
}

test("a submitted job continues by itself, can be watched, and its results be brought", async () => {
  const place = new Place();
  const provider = await place.provider({ latencySeconds: 2 });
  const { code, stdout } = await place.run(["submit", place.file("data.jsonl", ITEMS), ...OPENAI]);
  expect(code).toBe(0);
  const id = /Job (\S+): submitted/.exec(stdout)?.[1] ?? "";
  expect(stdout).toContain(`nightshift watch ${id}\n`);
  const watched = await place.run(["watch", id.slice(0, 8)]);
  expect(watched).toMatchObject({ code: 0, stderr: "" });
  expect(watched.stdout).toContain("30 items in 1 batch");
  expect(watched.stdout).toContain("30 of 30 items");
  expect(watched.stdout).toContain(`Job ${id}: completed`);

  const results = await place.run(["results", id, "--out", "out"]);
  expect(results).toMatchObject({ code: 0, stderr: "" });
  expect(results.stdout).toBe("out/results.jsonl\nout/failed.jsonl\nout/summary.json\nout/report.html\n");
  expect(place.results().map(({ custom_id }) => custom_id)).toEqual(ITEMS.map(({ custom_id }) => custom_id));
  expect(readdirSync(`${place.dir}/out`).sort()).toEqual([
    "failed.jsonl",
    "report.html",
    "results.jsonl",
    "summary.json",
  ]);

  const listed = await place.run(["list"]);
  expect(listed.stdout).toMatch(
    new RegExp(`^JOB .*\n${id} +completed +127.0.0.1:\\d+ +gpt-4.1-mini +30/30 `),
  );
  const [log = ""] = globSync(".nightshift/live-*/host.log", { cwd: place.dir });
  expect(place.read(log)).not.toContain("secret question");
  expect((await provider.stats()).openai.batches_created).toBe(1);
});

test("submit reports at once a file that is refused at once; results brings its report", async () => {
  const place = new Place();
  await place.provider();
  const { code, stdout, stderr } = await place.run(["submit", place.file("empty.jsonl", "\n"), ...OPENAI]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/job empty-\w+ failed: empty.jsonl has no item/);
  const results = await place.run(["results", "empty", "--out", "out"]);
  expect(results.code).toBe(1);
  expect(results.stderr).toMatch(/has no results: .* has no item; .*; out\/report.html says more/);
  expect(place.read("out/report.html")).toContain("has no item");
  // Beside a rehearsal's results there is no place for the report; why the job failed is said all the same.
  mkdirSync(`${place.dir}/rehearsal`);
  place.file("rehearsal/summary.json", [{ sandbox: true }]);
  const elsewhere = await place.run(["results", "empty", "--out", "rehearsal"]);
  expect(elsewhere.code).toBe(1);
  expect(elsewhere.stderr).toMatch(/has no results: .* has no item/);
});

test("status shows where each batch is, what the provider says and what comes next", async () => {
  const place = new Place();
  await place.provider({ latencySeconds: 300 });
  const id = await submitted(place, ANTHROPIC);
  const watching = place.start(["watch", id]);
  await watching.prints(/at the provider/);
  watching.kill("SIGINT");
  const left = await watching.ended;
  expect(left.code).toBe(130);
  expect(left.stderr).toContain("the job continues");
  const { code, stdout } = await place.run(["status", id]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /batch 1: at the provider \(in_progress\), for [\d.]+ s; next poll (in [\d.]+ s|is due)/,
  );
  expect(stdout).toMatch(/the provider says: msgbatch_\w+, processing 30/);
  expect(stdout).toMatch(/process \d+ runs it/);
  const early = await place.run(["results", id]);
  expect(early.code).toBe(1);
  expect(early.stderr).toContain(`job ${id} has not ended (in_progress); nightshift watch ${id} follows it`);
  const json = JSON.parse((await place.run(["status", id, "--json"])).stdout);
  expect(json).toMatchObject({ job_id: id, status: "in_progress", execution: { alive: true } });
  expect(json.open).toMatchObject([
    { batch: 1, round: 1, state: "running", provider_counts: { processing: 30 } },
  ]);
});

test("status shows trouble with the provider", async () => {
  const place = new Place();
  await (await place.provider()).close();
  const id = await submitted(place);
  const status = async () => (await place.run(["status", id])).stdout;
  while (!(await status()).includes("trouble")) {
    // The first call to the provider is under way.
  }
  expect(await status()).toMatch(/trouble [\d.]+ s ago: OpenAI: cannot be reached at .*ECONNREFUSED/);
});

test("a job whose process was killed is reported, and watching it resumes it with the same batch", async () => {
  const place = new Place();
  const { provider, release } = await place.standingProvider();
  const killed = { signal: "SIGKILL", when: /WaitForProvider/ } as const;
  expect((await place.run(["run", place.file("data.jsonl", ITEMS), ...OPENAI], killed)).code).toBe(null);
  const listed = await place.run(["list", "--json"]);
  const { job_id, execution } = JSON.parse(listed.stdout);
  expect(execution).toMatchObject({ alive: false, text: "the process that ran it has ended" });
  const status = await place.run(["status", job_id]);
  expect(status.code).toBe(1);
  expect(status.stdout).toContain(`What to do: nightshift watch ${job_id} resumes it`);

  const key = place.env.OPENAI_API_KEY ?? "";
  delete place.env.OPENAI_API_KEY;
  const keyless = await place.run(["watch", job_id]);
  expect(keyless.code).toBe(2);
  expect(keyless.stderr).toContain("set OPENAI_API_KEY");
  place.env.OPENAI_API_KEY = key;

  release();
  expect((await place.run(["watch", job_id])).code).toBe(0);
  expect((await provider.stats()).openai.batches_created).toBe(1);
});

test.each([
  ["ends", 0],
  ["cannot write its outputs", 1],
] as const)(
  "a run that %s hands over the other jobs of its folder, and who watches them sees no break",
  async (_, code) => {
    const place = new Place();
    const { provider, release } = await place.standingProvider();
    const running = place.start(["run", place.file("first.jsonl", ITEMS), ...OPENAI, "--out", "first"]);
    await running.prints(/WaitForProvider/);
    if (code === 1) mkdirSync(join(place.dir, "first/results.jsonl"), { recursive: true });
    const id = await submitted(place, [...OPENAI.slice(0, -1), "20"], "second.jsonl");
    const watching = place.start(["watch", id]);
    await watching.prints(/at the provider/);
    release();
    const first = await running.ended;
    expect(first.code).toBe(code);
    expect(first.stderr).toContain("other jobs of this folder continue in a process of their own");
    expect(await watching.ended).toMatchObject({ code: 0, stderr: "" });
    expect((await provider.stats()).openai.batches_created).toBe(2);
  },
);

test("five submits of one file at once are one job and one batch", async () => {
  const place = new Place();
  const provider = await place.provider({ latencySeconds: 1 });
  const ids = await Promise.all(Array.from({ length: 5 }, () => submitted(place)));
  expect(new Set(ids).size).toBe(1);
  expect((await place.run(["watch", ids[0] ?? ""])).code).toBe(0);
  expect((await provider.stats()).openai.batches_created).toBe(1);
});

test.each([
  ["openai", OPENAI],
  ["anthropic", ANTHROPIC],
] as const)("cancel --wait ends a job at %s with every line accounted for", async (name, settings) => {
  const place = new Place();
  const provider = await place.provider({ latencySeconds: 90 });
  const id = await submitted(place, [...settings]);
  const cancelled = await place.run(["cancel", id, "--wait"]);
  expect(cancelled.code).toBe(3);
  expect(cancelled.stdout).toContain(`Job ${id} will be cancelled`);
  expect(cancelled.stdout).toContain(`Job ${id}: cancelled`);
  expect((await place.run(["results", id, "--out", "out"])).code).toBe(0);
  expect(place.results()).toHaveLength(30);
  expect((await provider.stats())[name].batches_created).toBeLessThanOrEqual(1);
  expect((await place.run(["list"])).stdout).toContain(" 0/30 ");
  expect((await place.run(["status", id])).stdout).toContain("  0 of 30 items;");
  expect(JSON.parse((await place.run(["list", "--json"])).stdout)).toMatchObject({
    answered: 0,
    counts: { cancelled: 30 },
  });
  const again = await place.run(["cancel", id, "--wait"]);
  expect(again.code).toBe(3);
  expect(again.stdout).toContain(`Job ${id} has already ended: cancelled.\n`);
});

test("results as CSV, and the failed lines alone", async () => {
  const place = new Place();
  await place.provider();
  const file = place.file("data.jsonl", [item("=1+1", "x"), "not json", item('a "quoted", id', "y")]);
  const { stdout } = await place.run(["run", file, ...OPENAI, "--json"]);
  const { job_id } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  expect((await place.run(["results", job_id, "--format", "csv", "--out", "csv"])).stdout).toBe(
    "csv/results.csv\n",
  );
  const lines = place.read("csv/results.csv").split("\n");
  expect(lines[0]).toBe(
    "line,custom_id,status,error,content,finish_reason,prompt_tokens,completion_tokens,total_tokens,cost_usd",
  );
  expect(lines[1]).toMatch(/^1,=1\+1,succeeded,,"About ""x"": .*",stop,\d+,\d+,\d+,[\d.e-]*$/);
  expect(lines[2]).toBe("2,,invalid,line 2: not valid JSON,,,,,,");
  expect(lines[3]).toMatch(/^3,"a ""quoted"", id",succeeded/);
  expect(readdirSync(`${place.dir}/csv`)).toEqual(["results.csv"]);
  await place.run(["results", job_id, "--failed", "--out", "failed"]);
  expect(readdirSync(`${place.dir}/failed`)).toEqual(["failed.jsonl"]);
  expect(place.read("failed/failed.jsonl")).toBe("not json\n");
});

test("a job that is not there: what there is, and exit code 2", async () => {
  const place = new Place();
  await place.provider();
  expect((await place.run(["list"])).stdout).toContain("There are no jobs");
  const nothing = await place.run(["status", "data"]);
  expect(nothing).toMatchObject({ code: 2, stdout: "" });
  expect(nothing.stderr).toContain("no job was ever run in");
  await place.run(["run", place.file("one.jsonl", [item("a")]), ...OPENAI]);
  await place.run(["run", place.file("two.jsonl", [item("a")]), ...OPENAI]);
  const wrong = await place.run(["watch", "three"]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/there is no job three; there are two-\w+, one-\w+/);
  place.file("one-b.jsonl", [item("b")]);
  await place.run(["run", "one-b.jsonl", ...OPENAI]);
  const several = await place.run(["results", "one"]);
  expect(several.code).toBe(2);
  expect(several.stderr).toMatch(/one is the beginning of 2 jobs: one-b-\w+, one-\w+/);
});
