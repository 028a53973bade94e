/** `nightshift retry`: what has no answer is asked again, and put into its place. */
import { globSync, mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { strike } from "../../local/sandbox/faults.ts";
import { reportDataOf } from "../../shared/report/render.ts";
import { item, Place } from "../harness/command.ts";

// Each test starts the command several times.
vi.setConfig({ testTimeout: 280_000 });

const JOB = [
  ...["--provider", "openai", "--model", "gpt-4.1-mini"],
  ...["--min-poll-seconds", "1", "--max-rounds", "1"],
];
const ITEMS = Array.from({ length: 20 }, (_, index) => item(`item ${index}`));

/** A job of which some items have failed, at a provider that is gone; what comes to its `port` takes its place. */
async function failedJob(place: Place, failRate: number, file: string, flags: readonly string[] = []) {
  const bad = await place.provider({ failRate });
  const { code, stdout } = await place.run(["run", file, ...JOB, ...flags, "--json", "--out", "out"]);
  const { job_id, counts } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  const { total_tokens: billed } = (await bad.stats()).openai.tokens_billed;
  await bad.close();
  return { code, job_id, counts, billed, port: bad.port };
}

test.each([
  ["--real-time", true],
  ["--json", false],
])("with %s: new files beside the old, one receipt over all", async (flag, realTime) => {
  const place = new Place();
  const file = place.file("data.jsonl", [...ITEMS, "not json"]);
  const { code, job_id, counts, billed, port } = await failedJob(place, 0.5, file);
  expect(code).toBe(3);
  expect(counts.failed).toBeGreaterThan(0);
  // The same address, in order again.
  const good = await place.provider({ port });

  const before = place.read("out/results.jsonl");
  const ended = await place.run(["retry", job_id, flag, "--out", "out"]);
  // The line that is no JSON has no answer yet.
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 3, stderr: "" });
  expect(place.read("out/results.jsonl")).toBe(before);
  const rows = place.read("out/results-2.jsonl").trimEnd().split("\n");
  expect(rows.map((row) => JSON.parse(row)).map(({ line, custom_id }) => [line, custom_id])).toEqual([
    ...ITEMS.map(({ custom_id }, index) => [index + 1, custom_id]),
    [21, ""],
  ]);
  expect(place.read("out/failed-2.jsonl")).toBe("not json\n");
  const summary = JSON.parse(place.read("out/summary-2.json"));
  expect(summary).toMatchObject({
    job_id,
    request_count: 21,
    counts: { succeeded: 20, failed: 0, invalid: 1 },
  });
  const report = reportDataOf(place.read("out/report-2.html"));
  expect(report).toMatchObject({ job: { job_id, counts: { succeeded: 20 } }, receipt: summary.receipt });
  expect(summary.receipt.unknown).toBeUndefined();
  expect(report?.errors).toMatchObject([{ status: "invalid", count: 1 }]);
  expect(report?.rows.map(({ line, status }) => [line, status])).toEqual(
    rows.map((row) => JSON.parse(row)).map(({ line, status }) => [line, status]),
  );
  expect(report?.rows[0]?.prompt).toBe("[user] about item 0");
  const { tokens_billed, realtime_tokens, realtime_requests } = (await good.stats()).openai;
  expect(realtime_requests).toBe(realTime ? counts.failed : 0);
  expect(summary.receipt.total_tokens).toBe(
    billed + tokens_billed.total_tokens + realtime_tokens.total_tokens,
  );
  // It began a job that failed, and said that the same command resumes it.
  expect(await place.run(["retry", job_id, "--out", "out"])).toMatchObject({
    code: 3,
    stdout: expect.stringContaining(`1 row of job ${job_id} is not valid`),
    stderr: "",
  });
});

const ROWS = Array.from({ length: 20 }, (_, n) => ({ sku: `00${n}`, text: `late, and "broken" ${n}` }));
const CSV_ROWS = ROWS.map(({ sku, text }) => `${sku},"${text.replaceAll('"', '""')}"`);
// The last row could not be read as one.
const CSV = ["sku,text", ...CSV_ROWS, "one,two,three"];
const JSON_ROWS = ['{"job":{}}', ...ROWS.map((row) => JSON.stringify(row)), "not json"];

test.each([
  ["with a column of ids", "data.csv", CSV, ["--id", "sku"]],
  ["by row number", "data.csv", CSV, []],
  ["JSON lines by number", "data.jsonl", JSON_ROWS, ["--outputs", "csv"]],
])(
  "a table, %s: answers come into the rows' places, with the columns beside them",
  async (_, name, text, id) => {
    const place = new Place();
    const first = text === CSV ? 1 : 2;
    const file = place.file(name, `${text.join("\n")}\n`);
    const prompt = ["--prompt", "Sort: {{text}}", ...id];
    const { code, job_id, counts, port } = await failedJob(place, 0.5, file, prompt);
    expect(code).toBe(3);
    expect(counts.failed).toBeGreaterThan(0);
    const good = await place.provider({ port });
    const ended = await place.run(["retry", job_id, "--real-time", "--out", "out"]);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 3, stderr: "" });
    const results = place.read("out/results-2.jsonl").trimEnd().split("\n");
    expect(
      results.map((row) => JSON.parse(row)).map(({ line, status, input }) => [line, status, input]),
    ).toEqual([...ROWS.map((row, n) => [n + first, "succeeded", row]), [20 + first, "invalid", undefined]]);
    const table = place.read("out/results-2.csv").trimEnd().split("\n");
    expect(table).toHaveLength(22);
    for (const more of [[], ["--real-time"]])
      expect(await place.run(["retry", job_id, ...more, "--out", "out"])).toMatchObject({
        code: 3,
        stdout: expect.stringContaining(`1 row of job ${job_id} is not valid`),
      });
    expect((await good.stats()).openai.realtime_requests).toBe(counts.failed);
    const { receipt } = JSON.parse(place.read("out/summary-2.json"));
    expect(receipt.batch.cost_usd + receipt.real_time.cost_usd).toBeCloseTo(receipt.cost_usd, 9);
    expect(receipt.real_time.cost_usd).toBe(receipt.real_time.real_time_usd);
  },
);

// The first results came, and `run` of their failed.jsonl paid for the answers again.
test("after a retry all commands say and bring what the job has now", async () => {
  const place = new Place();
  const file = place.file("data.csv", `id,text\n${ITEMS.map((_, n) => `${n},text ${n}`).join("\n")}\n`);
  const prompt = ["--prompt", "Sort: {{text}}"];
  const bad = await place.provider({ failRate: 0.5 });
  const first = await place.run(["run", file, ...JOB, ...prompt, "--json"]);
  const { job_id, counts } = JSON.parse(first.stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(counts.failed).toBeGreaterThan(0);
  await bad.close();
  await place.provider({ port: bad.port });
  expect((await place.run(["retry", job_id, "--real-time"])).code).toBe(0);
  const summary = JSON.parse(place.read(`out/${job_id}/summary-2.json`));
  expect(summary.usage.total_tokens).toBe(summary.receipt.total_tokens);

  const inPlace = await place.run(["results", job_id]);
  expect(inPlace.stdout.split("\n")).toContain(`out/${job_id}/results-2.jsonl`);
  expect((await place.run(["results", job_id, "--out", "after.csv"])).code).toBe(0);
  expect(place.read("after.csv")).toBe(place.read(`out/${job_id}/results-2.csv`));
  expect((await place.run(["results", job_id, "--failed", "--out", "again"])).stdout).toBe(
    "again/failed.jsonl\n",
  );
  expect(place.read("again/failed.jsonl")).toBe("");
  expect((await place.run(["results", job_id, "--out", "all"])).code).toBe(0);
  expect(place.read("all/results.jsonl")).toBe(place.read(`out/${job_id}/results-2.jsonl`));
  const elsewhere = await place.run(["retry", job_id, "--real-time", "--out", "other"]);
  expect(elsewhere).toMatchObject({ code: 0, stdout: `Every item of job ${job_id} has an answer.\n` });
  expect(place.read("other/results.jsonl")).toBe(place.read(`out/${job_id}/results-2.jsonl`));
  expect((await place.run(["list"])).stdout).toMatch(new RegExp(`^${job_id} .* 20/20 `, "m"));
  expect((await place.run(["status", job_id])).stdout).toContain("\n  20 succeeded\n");
  const { counts: now, receipt, usage } = JSON.parse((await place.run(["status", job_id, "--json"])).stdout);
  expect({ counts: now, receipt, usage }).toEqual({
    counts: summary.counts,
    receipt: summary.receipt,
    usage: summary.usage,
  });
  expect(await place.run(["watch", job_id])).toMatchObject({ code: 0, stderr: "" });
  const again = await place.run(["run", file, ...JOB, ...prompt]);
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(again.stdout).toContain(`out/${job_id}/results-2.jsonl`);
  expect(again.stdout).toContain("Already answered by an earlier run; nothing was sent.");
  expect((await place.run(["run", file, ...JOB, ...prompt, "--out", "new"])).code).toBe(0);
  expect(place.read("new/results.jsonl")).toBe(place.read("all/results.jsonl"));
});

// It was known in that folder alone, and another retry paid for all answers again.
test("a retry into another folder is known to all commands, wherever they are typed", async () => {
  const place = new Place();
  const { job_id, port } = await failedJob(place, 1, place.file("data.jsonl", ITEMS));
  const good = await place.provider({ port });
  expect((await place.run(["results", job_id, "--merge", rerunOfLast(place)])).code).toBe(0);
  expect((await place.run(["retry", job_id, "--real-time", "--out", "b"])).code).toBe(0);
  const { receipt, counts } = JSON.parse(place.read("b/summary-2.json"));
  expect(counts.succeeded).toBe(ITEMS.length);

  expect((await place.run(["list"])).stdout).toMatch(new RegExp(`^${job_id} .* 20/20 `, "m"));
  expect(JSON.parse((await place.run(["status", job_id, "--json"])).stdout)).toMatchObject({
    counts,
    receipt,
  });
  expect((await place.run(["results", job_id])).stdout.split("\n")).toContain("b/results-2.jsonl");
  expect((await place.run(["run", "data.jsonl", ...JOB])).stdout).toContain("b/results-2.jsonl");
  expect((await place.run(["retry", job_id])).stdout).toContain("Every item of job");
  // Which of its files were the newest?
  expect(await place.run(["results", job_id, "--out", `out/${job_id}`])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      `out/${job_id} has files of an earlier retry of this job, and b the newest`,
    ),
  });
  expect((await good.stats()).openai.realtime_requests).toBe(ITEMS.length - 1);
  // A folder that is gone is passed over.
  rmSync(join(place.dir, "b"), { recursive: true });
  expect((await place.run(["list"])).stdout).toMatch(new RegExp(`^${job_id} .* 1/20 `, "m"));
});

// Both paid for each answer, and wrote one file between each other.
test("of two retries at once, one asks, and the other says who", async () => {
  const place = new Place();
  const { job_id, counts, port } = await failedJob(place, 0.5, place.file("data.jsonl", ITEMS));
  const good = await place.provider({ port, realtimeLatencySeconds: 2 });
  const retry = ["retry", job_id, "--real-time", "--out", "out"];
  const both = await Promise.all([place.run(retry), place.run(retry)]);
  const [one, other] = both.sort((a, b) => (a.code ?? 9) - (b.code ?? 9));
  expect(one).toMatchObject({ code: 0, stderr: "" });
  expect(other).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/process \d+ is asking job .* wait for it/),
  });
  expect((await good.stats()).openai.realtime_requests).toBe(counts.failed);
  expect((await place.run(retry)).stdout).toContain("Every item of job");
});

test("a key that is refused half-way: answers under way are kept, and the same command pays for the rest alone", async () => {
  const place = new Place();
  const { job_id, port } = await failedJob(place, 1, place.file("data.jsonl", ITEMS));
  const denied = strike(
    { operation: "chat.completions.create", counts: [1] },
    { kind: "answer", answer: { status: 401 } },
  );
  const good = await place.provider({ port, realtimeLatencySeconds: 1, faults: denied });
  const retry = ["retry", job_id, "--real-time", "--out", "out"];
  expect(await place.run(retry)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("refused the API key"),
  });
  expect(await place.run(retry)).toMatchObject({ code: 0, stderr: "" });
  expect((await good.stats()).openai.realtime_requests).toBe(ITEMS.length);
});

/** A job without an answer, of which a retry in real time is killed when it asks its `at`th item. */
async function killedRetry(place: Place, at: number, flags: readonly string[] = [], out = ["--out", "out"]) {
  const { job_id, port } = await failedJob(place, 1, place.file("data.jsonl", ITEMS), flags);
  let kill = () => {};
  let asked = 0;
  const good = await place.provider({
    port,
    realtimeLatencySeconds: 1,
    // 16 at once: at the 18th, the first answers have come.
    faults: ({ operation }) => {
      if (operation === "chat.completions.create" && ++asked === at) kill();
      return undefined;
    },
  });
  const first = place.start(["retry", job_id, "--real-time", ...out]);
  kill = () => first.kill("SIGKILL");
  expect((await first.ended).code).toBeNull();
  // Another file may have been under way.
  const folder = join(place.dir, ".nightshift/retries", job_id);
  const kept = globSync("answers/*.json", { cwd: folder }).length;
  const isForgotten = () => globSync("{answers,attempt.json}", { cwd: folder }).length === 0;
  return { job_id, good, kept, isForgotten, out };
}

test("kill -9: what had come is kept, and what was under way is in the receipt as unknown", async () => {
  const place = new Place();
  const { job_id, good, kept, isForgotten } = await killedRetry(place, 18);
  const { code, stdout, stderr } = await place.run(["retry", job_id, "--real-time", "--out", "out"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`${kept} answers of a retry in real time were kept; they are in place.`);
  const twice = (await good.stats()).openai.realtime_requests - ITEMS.length;
  expect(twice).toBeLessThan(ITEMS.length);
  const { unknown } = JSON.parse(place.read("out/summary-3.json")).receipt;
  expect(unknown.real_time).toBeGreaterThanOrEqual(twice);
  expect(unknown.real_time).toBe(ITEMS.length);
  expect(isForgotten()).toBe(true);
});

// They were asked, and paid, once more.
test("what a killed retry in real time has kept is not asked again by batch", async () => {
  const place = new Place();
  const { job_id, good, kept } = await killedRetry(place, 18);
  expect(kept).toBeGreaterThan(0);
  expect(await place.run(["retry", job_id, "--out", "out"])).toMatchObject({ code: 0, stderr: "" });
  const { requests_billed, tokens_billed } = (await good.stats()).openai;
  expect(requests_billed).toBe(ITEMS.length - kept);
  const summary = JSON.parse(place.read("out/summary-3.json"));
  expect(summary).toMatchObject({ counts: { succeeded: ITEMS.length } });
  expect(summary.receipt.batch.total_tokens).toBe(tokens_billed.total_tokens);
  expect(summary.receipt.unknown.real_time).toBe(ITEMS.length);
  expect(JSON.parse(place.read("out/summary-2.json")).counts.succeeded).toBe(kept);
});

// They were paid, and were in no file and in no receipt.
test("another model is asked only what a killed retry has not kept", async () => {
  const place = new Place();
  const { job_id, kept } = await killedRetry(place, 18, [], []);
  const status = async () => JSON.parse((await place.run(["status", job_id, "--json"])).stdout);
  const killed = await status();
  expect((await place.run(["retry", job_id, "--real-time", "--model", "gpt-4.1"])).code).toBe(0);
  const rows = place.read(`out/${job_id}/results-3.jsonl`).trimEnd().split("\n");
  const models = rows.map((row) => JSON.parse(row).response.raw.model);
  expect(models.filter((model) => model === "gpt-4.1-mini")).toHaveLength(kept);
  expect(models.filter((model) => model === "gpt-4.1")).toHaveLength(ITEMS.length - kept);
  const { counts, receipt } = await status();
  const tokens = rows.reduce((sum, row) => sum + JSON.parse(row).response.usage.total_tokens, 0);
  expect(counts.succeeded).toBe(ITEMS.length);
  expect(receipt).toMatchObject({ total_tokens: tokens, unknown: { batch: 0, real_time: ITEMS.length } });
  // What was kept had a cost already, and no place.
  expect(killed.counts.succeeded).toBe(0);
  expect(killed.receipt).toMatchObject({
    unknown: receipt.unknown,
    total_tokens: receipt.models["gpt-4.1-mini"].total_tokens,
  });
});

/** A file of results with an answer to the last item of a job in `out`. */
function rerunOfLast(place: Place): string {
  const [row = ""] = place.read("out/results.jsonl").trimEnd().split("\n").slice(-1);
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const answer = {
    content: "so",
    thinking: null,
    parsed: null,
    tool_calls: [],
    finish_reason: "stop",
    usage,
  };
  const response = { ...answer, raw: {} };
  return place.file("rerun.jsonl", [{ ...JSON.parse(row), status: "succeeded", error: null, response }]);
}

// All that another model answered cost as much as the job's own.
test("prices that were given for the job's model are not another's", async () => {
  const place = new Place();
  const prices = ["--prices", "1000,1000"];
  const { job_id, port } = await failedJob(place, 1, place.file("data.jsonl", ITEMS), prices);
  await place.provider({ port });
  const retry = ["retry", job_id, "--real-time", "--model", "gpt-4.1", "--out", "out"];
  expect((await place.run(retry)).code).toBe(0);
  const { models, cost_usd } = JSON.parse(place.read("out/summary-2.json")).receipt;
  // 2 and 8 US dollars a million tokens.
  const { prompt_tokens, completion_tokens } = models["gpt-4.1"];
  expect(cost_usd).toBeCloseTo((2 * prompt_tokens + 8 * completion_tokens) / 1e6, 8);
});

test("a merge puts first what a killed retry in real time has kept", async () => {
  const place = new Place();
  const { job_id, kept } = await killedRetry(place, 18);
  const file = rerunOfLast(place);
  expect((await place.run(["results", job_id, "--out", "out", "--merge", file])).code).toBe(0);
  expect(JSON.parse(place.read("out/summary-3.json"))).toMatchObject({
    counts: { succeeded: kept + 1 },
    receipt: { unknown: { real_time: ITEMS.length } },
  });
});

// 20 requests in real time may cost 0.131 US dollars: they could cost that twice.
test("max_cost_usd counts what a killed retry had under way", async () => {
  const place = new Place();
  const { job_id } = await killedRetry(place, 1, ["--max-cost-usd", "0.2"]);
  expect(await place.run(["retry", job_id, "--real-time", "--out", "out"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/max_cost_usd: 0\.068\d* USD of 0\.2 are left, .* nothing was sent/),
  });
});

// More than the hundred that are asked at once: those behind them took another row's answer, and paid for it once more.
test("rows that ask the same have an answer each, and are paid once", async () => {
  const place = new Place();
  const items = Array.from({ length: 130 }, (_, n) => item(`item ${n}`, "the same"));
  const file = place.file("data.jsonl", [...items, item("item 0", "the same")]);
  const { job_id, port } = await failedJob(place, 1, file);
  const good = await place.provider({ port });
  expect((await place.run(["retry", job_id, "--real-time", "--out", "out"])).code).toBe(3);
  const { realtime_requests, realtime_tokens } = (await good.stats()).openai;
  expect(realtime_requests).toBe(items.length);
  const { receipt, counts } = JSON.parse(place.read("out/summary-2.json"));
  expect({ tokens: receipt.total_tokens, answered: counts.succeeded }).toEqual({
    tokens: realtime_tokens.total_tokens,
    answered: items.length,
  });
  expect(place.read("out/results-2.jsonl").trimEnd().split("\n").at(-1)).toContain("already used on line 1");
});

// Its answers were in no results and no receipt, and were paid once more.
test("a retry by batch that was begun is resumed before anything else is asked or merged", async () => {
  const place = new Place();
  const { job_id, port } = await failedJob(place, 1, place.file("data.jsonl", ITEMS));
  const good = await place.provider({ port, latencySeconds: 3 });
  const retry = ["retry", job_id, "--out", "out"];
  const killed = await place.run(retry, { signal: "SIGKILL", when: /WaitForProvider/ });
  expect(killed.code).toBeNull();
  const merge = ["results", job_id, "--out", "out", "--merge", "out/results.jsonl"];
  for (const other of [[...retry, "--real-time"], [...retry, "--model", "gpt-4.1"], merge])
    expect(await place.run(other)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`resume it: nightshift retry ${job_id} --out out; to leave it`),
    });
  expect((await place.run(retry)).code).toBe(0);
  expect((await good.stats()).openai).toMatchObject({
    realtime_requests: 0,
    requests_accepted: ITEMS.length,
  });
  expect((await place.run(merge)).code).toBe(0);
});

// It said that the same command resumes it, and left a job that failed; real time was refused for its folder.
test("a retry by batch that is refused says so, and keeps nobody from asking in real time", async () => {
  const place = new Place();
  const cap = ["--max-cost-usd", "0.2"];
  const { job_id, port } = await failedJob(place, 1, place.file("data.jsonl", ITEMS), cap);
  const retry = ["retry", job_id, "--out", "out"];
  expect(await place.run([...retry, "--model", "gpt-4.1"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/max_cost_usd is 0.2, and the job may cost 0.\d+ .*nothing was sent/),
  });
  const faults = strike(
    { operation: "files.create", counts: [1] },
    { kind: "answer", answer: { status: 401 } },
  );
  await place.provider({ port, faults });
  expect(await place.run(retry)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/refused the API key(.|\n)*nothing of the retry was sent/),
  });
  expect(readdirSync(join(place.dir, "out"))).toContain("retry-2");
  expect(await place.run([...retry, "--real-time"])).toMatchObject({ code: 0, stderr: "" });
});

test("files that cannot be written after all was asked: the same command pays for nothing, and nothing is unknown", async () => {
  const place = new Place();
  const { job_id, counts, port } = await failedJob(place, 1, place.file("data.jsonl", ITEMS));
  const good = await place.provider({ port });
  const retry = ["retry", job_id, "--real-time", "--out", "out"];
  const inTheWay = join(place.dir, "out/results-2.jsonl");
  mkdirSync(inTheWay);
  expect(await place.run(retry)).toMatchObject({ code: 1 });
  rmdirSync(inTheWay);
  expect(await place.run(retry)).toMatchObject({ code: 0, stderr: "" });
  expect((await good.stats()).openai.realtime_requests).toBe(counts.failed);
  expect(JSON.parse(place.read("out/summary-2.json")).receipt.unknown).toBeUndefined();
});
