/** Who answers is part of what a job is: answers of one origin never pass for, or replace, those of another. */
import { statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { item, Place } from "../harness/command.ts";

// Each test starts the command several times.
vi.setConfig({ testTimeout: 180_000 });

const JOB = ["--provider", "openai", "--model", "gpt-4.1-mini", "--min-poll-seconds", "1"];

/** Runs the file and gives the job's summary. */
async function run(place: Place, file: string, ...more: string[]) {
  const { stdout, stderr } = await place.run(["run", file, ...JOB, "--json", ...more]);
  const summary = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "{}");
  return { ...summary, stderr } as { job_id: string; already_answered: boolean; stderr: string };
}

test("the same file at another address of the provider is another job, and is sent there", async () => {
  const place = new Place();
  const first = await place.provider();
  const file = place.file("data.jsonl", [item("a")]);
  const one = await run(place, file);
  const second = await place.provider();
  const two = await run(place, file);
  expect(two.job_id).not.toBe(one.job_id);
  expect(two.already_answered).toBe(false);
  for (const provider of [first, second]) expect((await provider.stats()).openai.batches_created).toBe(1);
  const again = await run(place, file);
  expect(again).toMatchObject({ job_id: two.job_id, already_answered: true });
});

test("jobs of all origins are listed, and found by their ids, without the flags that began them", async () => {
  const place = new Place();
  const provider = await place.provider();
  const upstream = await answering("from upstream");
  const file = place.file("data.jsonl", [item("a")]);
  const live = await run(place, file);
  const local = await run(place, file, "--sandbox", "--upstream", upstream);
  const madeUp = await run(place, file, "--sandbox");
  const ids = [madeUp, local, live].map(({ job_id }) => job_id);
  expect(new Set(ids).size).toBe(3);

  // Another shell, which knows of no address and no key.
  place.env = {};
  const listed = (await place.run(["list", "--json"])).stdout.trimEnd().split("\n");
  expect(listed.map((line) => JSON.parse(line)).map(({ job_id, origin }) => [job_id, origin])).toEqual([
    [madeUp.job_id, "sandbox"],
    [local.job_id, upstream],
    [live.job_id, provider.openaiBaseUrl],
  ]);
  const table = (await place.run(["list"])).stdout;
  expect(table).toMatch(new RegExp(`${madeUp.job_id} +completed +sandbox `));
  expect(table).toMatch(new RegExp(`${local.job_id} +completed +${new URL(upstream).host} `));
  for (const id of ids) {
    expect((await place.run(["status", id])).stdout).toContain(`Job ${id}: completed`);
    expect((await place.run(["watch", id])).code).toBe(0);
    expect((await place.run(["results", id])).stdout).toContain(`out/${id}/results.jsonl`);
  }
  const several = await place.run(["status", "data"]);
  expect(several).toMatchObject({ code: 2, stdout: "" });
  expect(several.stderr).toContain("data is the beginning of 3 jobs");
});

test("results of another origin are never overwritten, and nothing is sent before that is said", async () => {
  const place = new Place();
  const provider = await place.provider();
  const file = place.file("data.jsonl", [item("a")]);
  await run(place, file, "--out", "out");
  const results = place.read("out/results.jsonl");
  const rehearsal = await run(place, file, "--out", "out", "--sandbox");
  expect(rehearsal.stderr).toContain(
    `out has results from ${provider.openaiBaseUrl}, and this job is answered by sandbox; give another folder with --out`,
  );
  expect(place.read("out/results.jsonl")).toBe(results);
  const { job_id } = await run(place, file, "--sandbox");
  const brought = await place.run(["results", job_id, "--format", "csv", "--out", "out"]);
  expect(brought).toMatchObject({ code: 2, stdout: "" });

  const other = await place.provider();
  expect((await run(place, file, "--out", "out")).stderr).toContain("give another folder");
  expect((await other.stats()).openai.batches_created).toBe(0);
});

test("a job that was left is only resumed with the key of the server that has it", async () => {
  const place = new Place();
  const { release } = await place.standingProvider();
  const env = { ...place.env };
  const file = place.file("data.jsonl", [item("a")]);
  await place.run(["run", file, ...JOB], { signal: "SIGKILL", when: /WaitForProvider/ });
  delete place.env.OPENAI_BASE_URL;
  const elsewhere = await place.run(["watch", "data"]);
  expect(elsewhere.code).toBe(2);
  expect(elsewhere.stderr).toContain(`the job is at ${env.OPENAI_BASE_URL}: set OPENAI_BASE_URL to that`);
  place.env = env;
  release();
  expect((await place.run(["watch", "data"])).code).toBe(0);
});

test("what the command writes is for this user alone", async () => {
  const place = new Place();
  const { job_id } = await run(place, place.file("data.jsonl", [item("a")]), "--sandbox");
  await place.run(["results", job_id, "--format", "csv"]);
  const mode = (path: string) => (statSync(join(place.dir, "out", path)).mode & 0o777).toString(8);
  expect(mode(job_id)).toBe("700");
  for (const name of ["results.jsonl", "results.csv", "failed.jsonl", "summary.json"])
    expect([name, mode(join(job_id, name))]).toEqual([name, "600"]);
});

/** A server that answers every chat completion alike. @returns its base URL */
async function answering(content: string): Promise<string> {
  const server = createServer((_, response) => {
    const message = { role: "assistant", content };
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }], usage }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
