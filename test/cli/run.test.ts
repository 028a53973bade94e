/** `nightshift run` from its arguments to its outputs. */
import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { item, Place } from "../harness/command.ts";

const ITEMS = Array.from({ length: 30 }, (_, index) =>
  item(`item ${index} ü\u2028`, `secret question ${index}`),
);

test("a job in the sandbox: outputs, report, exit code 0", async () => {
  const place = new Place();
  const args = ["run", place.file("data.jsonl", ITEMS), "--provider", "openai", "--model", "gpt-4.1-mini"];
  const { code, stdout, stderr } = await place.run([...args, "--sandbox", "--out", "out"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(place.results().map(({ custom_id }) => custom_id)).toEqual(ITEMS.map(({ custom_id }) => custom_id));
  expect(place.read("out/failed.jsonl")).toBe("");
  expect(JSON.parse(place.read("out/summary.json"))).toMatchObject({
    sandbox: true,
    status: "completed",
    request_count: 30,
    counts: { succeeded: 30 },
  });
  expect(readdirSync(join(place.dir, "out")).sort()).toEqual([
    "failed.jsonl",
    "report.html",
    "results.jsonl",
    "summary.json",
  ]);
  for (const text of [
    "PrepareJob",
    "SubmitBatch",
    "CollectResults",
    "FinalizeJob",
    "30 of 30 items",
    "out/results.jsonl",
  ]) {
    expect(stdout).toContain(text);
  }
  expect(stdout).toContain("Sandbox: OpenAI is not called");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what is tested
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test("run again it gives the same results and sends nothing", async () => {
  const place = new Place();
  const provider = await place.provider();
  const file = place.file("data.jsonl", ITEMS);
  const first = await place.openai(file);
  const results = place.read("out/results.jsonl");
  const summary = place.read("out/summary.json");
  const again = await place.openai(file);
  expect([first.code, again.code]).toEqual([0, 0]);
  expect(again.stdout).toContain("it has ended; nothing was sent");
  expect(again.stdout).toContain("Already answered by an earlier run");
  expect(place.read("out/results.jsonl")).toBe(results);
  expect(place.read("out/summary.json")).toBe(summary);
  expect(JSON.parse(summary)).not.toHaveProperty("sandbox");
  expect((await provider.stats()).openai.batches_created).toBe(1);
});

test("--json: JSON lines only, the summary last, neither prompts nor answers", async () => {
  const place = new Place();
  await place.provider();
  const { code, stdout } = await place.run([
    ...["run", place.file("data.jsonl", [...ITEMS, "not json"]), "--provider", "anthropic"],
    ...["--model", "claude-haiku-4-5", "--min-poll-seconds", "1", "--json"],
  ]);
  expect(code).toBe(3);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ type: "begin", file: "data.jsonl", sandbox: false });
  expect(lines).toContainEqual({ type: "progress", answered: 31, items: 31, batches: 1, batchesDone: 1 });
  const last = lines.at(-1);
  expect(last).toMatchObject({
    type: "summary",
    counts: { succeeded: 30, invalid: 1 },
    already_answered: false,
  });
  expect(last.files.results).toBe(join("out", last.job_id, "results.jsonl"));
  expect(place.results(join("out", last.job_id))).toHaveLength(31);
  expect(stdout).not.toContain("secret question");
});

test.each(["SIGINT", "SIGKILL"] as const)(
  "after %s it resumes with the same provider batch",
  async (signal) => {
    const place = new Place();
    const provider = await place.provider({ latencySeconds: 4 });
    const args = ["run", place.file("data.jsonl", ITEMS), "--provider", "openai", "--model", "gpt-4.1-mini"];
    args.push("--out", "out", "--min-poll-seconds", "1");
    const killed = await place.run(args, { signal, when: /WaitForProvider/ });
    expect(killed.code).toBe(signal === "SIGINT" ? 130 : null);
    if (signal === "SIGINT") expect(killed.stderr).toContain("Run the same command again");
    const again = await place.run(args);
    expect(again.stdout).toContain("resumed");
    expect(again.code).toBe(0);
    expect(place.results()).toHaveLength(30);
    expect((await provider.stats()).openai.batches_created).toBe(1);
  },
);

test("a create that failed is told while the job waits: WaitForCapacity alone did not say why", async () => {
  const place = new Place();
  await place.provider({
    faults: ({ operation }) =>
      operation === "batches.create" ? { kind: "answer", answer: { status: 500 } } : undefined,
  });
  const args = ["run", place.file("data.jsonl", ITEMS), "--provider", "openai", "--model", "gpt-4.1-mini"];
  const told = /^ {2}OpenAI answered 500 while creating a batch/m;
  const waiting = place.start([...args, "--min-poll-seconds", "1"]);
  await Promise.race([waiting.prints(told), sleep(15_000)]);
  waiting.kill("SIGINT");
  expect((await waiting.ended).stdout).toMatch(told);
});

test("the same file in the sandbox and for real are two jobs", async () => {
  const place = new Place();
  const provider = await place.provider();
  const file = place.file("data.jsonl", [item("a")]);
  const tried = await place.openai(file, "--sandbox");
  expect((await provider.stats()).openai.batches_created).toBe(0);
  const real = await place.openai(file, "--out", "real");
  expect([tried.code, real.code]).toEqual([0, 0]);
  expect(real.stdout).not.toContain("already answered");
  expect((await provider.stats()).openai.batches_created).toBe(1);
});

test("a sandbox job that was killed resumes with the sandbox's batch", async () => {
  const place = new Place();
  const args = [
    "run",
    place.file("data.jsonl", ITEMS),
    "--provider",
    "anthropic",
    "--model",
    "claude-haiku-4-5",
  ];
  args.push("--sandbox", "--out", "out");
  expect((await place.run(args, { signal: "SIGKILL", when: /WaitForProvider/ })).code).toBe(null);
  const again = await place.run(args);
  expect(again.stdout).toContain("resumed");
  expect(again.code).toBe(0);
  expect(
    readdirSync(join(place.dir, ".nightshift/sandbox/built-in/provider/anthropic/batches")),
  ).toHaveLength(1);
});

test("--upstream: a server that speaks OpenAI's API answers, and gets no key of a provider", async () => {
  const place = new Place();
  await place.provider();
  const authorizations: (string | undefined)[] = [];
  const upstream = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    const message = { role: "assistant", content: "from upstream" };
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }], usage }));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void upstream.close());
  const { port } = upstream.address() as AddressInfo;
  const file = place.file("data.jsonl", [item("a"), item("b")]);
  const ended = await place.openai(file, "--sandbox", "--upstream", `http://127.0.0.1:${port}/v1`);
  expect(ended.code).toBe(0);
  expect(place.results().map(({ response }) => response?.content)).toEqual([
    "from upstream",
    "from upstream",
  ]);
  // Two items, and the question for its models.
  expect(authorizations).toHaveLength(3);
  expect(authorizations.join()).not.toContain("test-key");
  // The built-in answers are another job.
  await place.openai(file, "--sandbox", "--out", "made-up");
  expect(place.results("made-up")[0]?.response?.content).toContain("sandbox's answer");
});

test("a second run in the same folder is run by the first one's process", async () => {
  const place = new Place();
  const provider = await place.provider({ latencySeconds: 3 });
  const job = ["--provider", "openai", "--model", "gpt-4.1-mini", "--min-poll-seconds", "1"];
  const first = place.start(["run", place.file("first.jsonl", ITEMS), ...job, "--out", "first"]);
  await first.prints(/WaitForProvider/);
  const second = await place.run(["run", place.file("second.jsonl", [item("x")]), ...job, "--out", "second"]);
  expect(second).toMatchObject({ code: 0, stderr: "" });
  expect((await first.ended).code).toBe(0);
  expect(place.results("first")).toHaveLength(30);
  expect(place.results("second").map(({ custom_id }) => custom_id)).toEqual(["x"]);
  expect((await provider.stats()).openai.batches_created).toBe(2);
});

test("a second run with another key is refused: it would be paid with the first one's", async () => {
  const place = new Place();
  await place.provider({ latencySeconds: 20 });
  const first = place.start([
    "run",
    place.file("a.jsonl", ITEMS),
    "--provider",
    "openai",
    "--model",
    "gpt-4.1",
  ]);
  await first.prints(/WaitForProvider/);
  place.env.OPENAI_API_KEY = "another-key";
  const second = await place.openai(place.file("b.jsonl", [item("x")]));
  expect(second.code).toBe(2);
  expect(second.stderr).toMatch(/process \d+, which runs the jobs of .*, has another OPENAI_API_KEY/);
  first.kill("SIGKILL");
  await first.ended;
});

test("settings come from flags and from the file's first line; flags are stronger", async () => {
  const place = new Place();
  await place.provider();
  const header = { job: { provider: "openai", model: "not-a-model", min_poll_seconds: 1, system: "header" } };
  const file = place.file("data.jsonl", [header, item("a")]);
  const ended = await place.run([
    "run",
    file,
    "--model",
    "gpt-4.1-mini",
    "--max-tokens",
    "7",
    "--out",
    "out",
  ]);
  expect(ended.code).toBe(0);
  const [result] = place.results();
  expect(result).toMatchObject({
    line: 2,
    custom_id: "a",
    response: { raw: { model: expect.stringContaining("gpt-4.1-mini") } },
  });
  // Seven tokens are too few for the sandbox's answer.
  expect(result?.response?.finish_reason).toBe("length");
});

test("outputs that cannot be written: before the job nothing is sent, after it nothing is sent again", async () => {
  const place = new Place();
  const provider = await place.provider();
  const file = place.file("data.jsonl", [item("a"), item("b")]);
  const created = async () => (await provider.stats()).openai.batches_created;
  place.file("plain", "a file");
  for (const out of ["plain", "plain/answers.csv"]) {
    const ended = await place.openai(file, "--out", out);
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("no files can be written to") });
  }
  expect(await created()).toBe(0);
  // A folder that takes no files, and one in which something else stands in a file's place.
  mkdirSync(join(place.dir, "special/results.jsonl"), { recursive: true });
  for (const [out, why] of [
    ["/proc", "no files can be written to /proc"],
    ["/proc/answers.csv", "no files can be written to /proc"],
    ["special", "special/results.jsonl is there, and is no file"],
    ["-", "results go to files"],
  ] as const)
    expect(await place.openai(file, "--out", out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(why),
    });
  expect(await created()).toBe(0);
  mkdirSync(join(place.dir, "out/results.csv"), { recursive: true });
  const late = await place.openai(file, "--outputs", "csv");
  expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining("sends nothing again") });
  rmdirSync(join(place.dir, "out/results.csv"));
  expect(await place.openai(file, "--outputs", "csv")).toMatchObject({ code: 0, stderr: "" });
  expect(place.results().map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
  expect(await created()).toBe(1);
});

// It was another job, and everything was paid for again.
test("the same command with other formats brings them, and sends nothing", async () => {
  const place = new Place();
  const provider = await place.provider();
  const file = place.file("data.jsonl", [item("a"), item("b")]);
  expect((await place.openai(file)).code).toBe(0);
  const answers = await place.openai(file, "--out", "answers.csv");
  expect(answers).toMatchObject({ code: 0, stderr: "" });
  expect(answers.stdout).toMatch(/^Table +answers.csv$/m);
  expect(place.read("answers.csv")).toMatch(/^line,custom_id,status,.*\n1,a,succeeded,.*\n2,b,succeeded,/);
  const tables = await place.openai(file, "--outputs", "csv,parquet");
  expect(tables).toMatchObject({ code: 0, stderr: "" });
  expect(tables.stdout).toMatch(/^Table +out\/results.csv\nTable +out\/results.parquet$/m);
  expect(place.read("out/results.csv")).toBe(place.read("answers.csv"));
  expect((await provider.stats()).openai.batches_created).toBe(1);
});
