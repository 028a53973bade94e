/** `nightshift try`: a few rows in real time. */
import { expect, test, vi } from "vitest";
import { item, Place } from "../harness/command.ts";
import { MODELS } from "../harness/provider-models.ts";
import { variablesTo } from "../harness/providers.ts";

// Each test starts the command several times.
vi.setConfig({ testTimeout: 180_000 });

const JOB = ["--provider", "openai", "--model", "gpt-4.1-mini"];
const ITEMS = Array.from({ length: 20 }, (_, index) => item(`item ${index}`, `about number ${index}`));

test("run and submit say once that try exists, and nothing of a prompt that was tried", async () => {
  const place = new Place();
  await place.provider();
  const file = place.file("data.jsonl", ITEMS.slice(0, 2));
  const run = (prompt: string) =>
    place.run(["run", file, ...JOB, "--system", prompt, "--min-poll-seconds", "1"]);
  expect((await run("Be brief.")).stdout).toContain("Not tried yet: nightshift try, with this input");
  place.file("data.jsonl", ITEMS.slice(0, 3));
  expect((await run("Be brief.")).stdout).not.toContain("Not tried yet");
  expect((await place.run(["try", file, ...JOB, "--system", "Be kind.", "-n", "1"])).code).toBe(0);
  expect((await run("Be kind.")).stdout).not.toContain("Not tried yet");
});

test("two at once pay for the same rows once: the later one waits, and finds the answers", async () => {
  const place = new Place();
  const provider = await place.provider({ realtimeLatencySeconds: 2 });
  const file = place.file("data.jsonl", ITEMS);
  const both = await Promise.all([1, 2].map(() => place.run(["try", file, ...JOB, "-n", "5"])));
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  for (const { stdout } of both) expect(stdout).toContain("5 of 5 rows answered");
  expect(both.map(({ stderr }) => stderr).join("")).toMatch(
    /process \d+ is trying rows; this one waits for it/,
  );
  expect((await provider.stats()).openai.realtime_requests).toBe(5);
});

test("a data folder that takes no answers is refused before any is paid for", async () => {
  const place = new Place();
  const provider = await place.provider();
  const file = place.file("data.jsonl", ITEMS);
  const ended = await place.run(["try", file, ...JOB, "--data-dir", file]);
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toMatch(
    /data\.jsonl\/try leads through a file, which is no folder: choose another folder/,
  );
  expect((await provider.stats()).openai.realtime_requests).toBe(0);
});

test("rows, prompt and answer, tokens and cost, the whole job's cost; what has not changed is not paid twice", async () => {
  const place = new Place();
  const provider = await place.provider();
  const file = place.file("data.jsonl", [...ITEMS, "not json"]);
  const first = await place.run(["try", file, ...JOB, "-n", "3", "--json"]);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  const lines = first.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const rows = lines.slice(0, -1).sort((a, b) => a.line - b.line);
  expect(rows.map(({ line, custom_id }) => [line, custom_id])).toEqual(
    [1, 2, 3].map((n) => [n, `item ${n - 1}`]),
  );
  expect(rows[0]).toMatchObject({
    request: { model: "gpt-4.1-mini", messages: [{ role: "user", content: "about number 0" }] },
    answer: expect.stringContaining("about number 0"),
    ...{ error: null, tries: 1, unknown_tries: 0, cached: false },
  });
  const { charge } = rows[0];
  expect(charge.cost_usd).toBeCloseTo(charge.real_time_usd / 2, 12);
  const sum = rows.reduce((total, row) => total + row.charge.cost_usd, 0);
  expect(lines.at(-1)).toMatchObject({ type: "job", items: 20, refusal: null });
  expect(lines.at(-1).cost_usd).toBeCloseTo((sum / 3) * 20, 12);

  const again = await place.run(["try", file, ...JOB, "--rows", "2,17"]);
  expect(again.code).toBe(0);
  expect(again.stdout).toContain("answered by an earlier try: nothing was paid");
  expect(again.stdout).toMatch(/prompt +│ answer/);
  expect(again.stdout).toContain("about number 16");
  expect(again.stdout).toContain("The whole job, by these answers: 20 items");
  expect(again.stdout).toContain("1 line would not be sent; the first: line 21: not valid JSON");
  const stats = await provider.stats();
  expect(stats.openai.batches_created).toBe(0);
  expect(stats.openai.realtime_requests).toBe(4);
});

test("a prompt without a column is warned of", async () => {
  const place = new Place();
  await place.provider();
  const table = [place.file("data.csv", "sku,text\n1,a\n2,b\n"), ...JOB, "--id", "sku"];
  const same = await place.run(["try", ...table, "--prompt", "Sort it"]);
  expect(same.stderr).toBe(
    "nightshift: warning: the prompt names no column, so every row is asked the same; one is written {{text}}\n",
  );
  expect(await place.run(["try", ...table, "--prompt", "Sort it: {{text}}"])).toMatchObject({ stderr: "" });
});

test("a row that is not valid, or not there, is reported before anything is sent", async () => {
  const place = new Place();
  await place.provider();
  const file = place.file("data.jsonl", [...ITEMS, "not json"]);
  const invalid = await place.run(["try", file, ...JOB, "--rows", "21,99"]);
  expect(invalid).toMatchObject({ code: 2, stdout: "" });
  expect(invalid.stderr).toContain("data.jsonl has no valid row 21, 99: line 21: not valid JSON");
  const table = [place.file("data.csv", "sku,text\n1,a\n2,b,c\n"), "--prompt", "{{text}}"];
  const row = await place.run(["try", ...table, ...JOB, "--rows", "2"]);
  expect(row.stderr).toContain("data.csv has no valid row 2: row 2: has 3 fields, and the header 2");
  const wrong = await place.run(["try", file, ...JOB, "--rows", "0"]);
  expect(wrong.stderr).toContain("It must be line numbers from 1, such as 3,17.");
});

test("the sandbox answers without a key, and a refusal stands beside its prompt", async () => {
  const place = new Place();
  const file = place.file("data.jsonl", [{ ...item("a"), extra: { no_such_field: 1 } }, item("b")]);
  const { code, stdout } = await place.run(["try", file, ...JOB, "--sandbox", "--random", "-n", "2"]);
  expect(code).toBe(3);
  expect(stdout).toMatch(/no answer/);
  expect(stdout).toContain("1 of 2 rows answered.");
});

/** A user's own AWS settings: none may reach the sandbox's calls, or lead them to AWS. */
const OWN_AWS = {
  AWS_PROFILE: "not-there",
  AWS_REGION: "eu-central-1",
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: "http://127.0.0.1:9",
};

test.each(["bedrock", "gemini"] as const)(
  "%s: a few rows, the whole job, and what is left: all in real time",
  async (provider) => {
    const place = new Place();
    place.env = OWN_AWS;
    const odd = { ...item("odd"), extra: { no_such_field: 1 } };
    const file = place.file("data.jsonl", [...ITEMS.slice(0, 6), odd]);
    const job = [file, "--provider", provider, "--model", MODELS[provider], "--sandbox"];
    const tried = await place.run(["try", ...job, "-n", "2", "--json"]);
    expect({ code: tried.code, stderr: tried.stderr }).toEqual({ code: 0, stderr: "" });
    const [row, , end] = tried.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(row).toMatchObject({ error: null, tries: 1, answer: expect.stringContaining("about number") });
    expect(row.charge.real_time_usd).toBeGreaterThan(0);
    // Too few for a batch of Bedrock's: the projection says how it could be.
    expect(end.refusal).toEqual(
      provider === "bedrock" ? expect.stringContaining("small_rounds: real_time") : null,
    );
    const run = await place.run(["run", ...job, "--small-rounds", "real_time", "--json", "--out", "out"]);
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 3, stderr: "" });
    const { job_id, counts, receipt } = JSON.parse(run.stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(counts).toMatchObject({ succeeded: 6, failed: 1 });
    expect(receipt.batch.total_tokens).toBe(0);
    expect(receipt.real_time.cost_usd).toBeGreaterThan(0);
    expect(receipt.cost_usd).toBe(receipt.real_time_usd);
    const retried = await place.run(["retry", job_id, "--real-time", "--json", "--out", "out"]);
    expect({ code: retried.code, stderr: retried.stderr }).toEqual({ code: 3, stderr: "" });
    expect(place.read("out/failed-2.jsonl")).toContain('"odd"');
  },
);

test("Bedrock in real time needs neither a bucket nor a role, and a job of batches does", async () => {
  const place = new Place();
  const sandbox = await place.provider();
  place.env = variablesTo("bedrock", sandbox);
  delete place.env.NIGHTSHIFT_BEDROCK_BUCKET;
  delete place.env.NIGHTSHIFT_BEDROCK_ROLE_ARN;
  const job = [place.file("data.jsonl", ITEMS), "--provider", "bedrock", "--model", MODELS.bedrock];
  expect(await place.run(["try", ...job, "-n", "2"])).toMatchObject({ code: 0, stderr: "" });
  expect((await sandbox.stats()).bedrock.realtime_requests).toBe(2);
  const run = await place.run(["run", ...job]);
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("NIGHTSHIFT_BEDROCK_BUCKET") });
});
