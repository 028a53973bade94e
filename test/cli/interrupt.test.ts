/** Ctrl-C on a terminal: the job is left running, or cancelled, as the person says. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { item, Place } from "../harness/command.ts";

// Each test starts the command several times.
vi.setConfig({ testTimeout: 180_000 });

const ITEMS = Array.from({ length: 30 }, (_, index) => item(`item ${index}`));
const JOB = ["--provider", "openai", "--model", "gpt-4.1-mini", "--min-poll-seconds", "1"];
const CTRL_C = "\u0003";

/** Runs a job on a terminal until it is at the provider, and interrupts it. */
async function interrupted(place: Place) {
  const running = place.startOnTerminal(["run", place.file("data.jsonl", ITEMS), ...JOB, "--out", "out"]);
  await running.prints(/WaitForProvider/);
  running.type(CTRL_C);
  await running.prints(/cancel it \(c\)\?/);
  return running;
}

/** The id of the one job. */
async function onlyJob(place: Place): Promise<string> {
  return JSON.parse((await place.run(["list", "--json"])).stdout).job_id;
}

test.each([
  ["Enter", "\r"],
  ["a second Ctrl-C", CTRL_C],
])("%s leaves it running, in a process of its own", async (_, answer) => {
  const place = new Place();
  const { provider, release } = await place.standingProvider();
  const running = await interrupted(place);
  // Polls and bars go on meanwhile; the question stays the last thing on the terminal.
  await sleep(3000);
  expect(running.stdout).not.toMatch(/cancel it \(c\)\?[\s\S]*[░\n]/);
  running.type(answer);
  const { code, stdout } = await running.ended;
  expect(code).toBe(130);
  const id = await onlyJob(place);
  expect(stdout).toContain(`nightshift watch ${id} follows it`);
  // It is in good hands from the first moment.
  expect((await place.run(["status", id])).code).toBe(0);
  release();
  expect((await place.run(["watch", id])).code).toBe(0);
  expect((await provider.stats()).openai.batches_created).toBe(1);
});

test("c cancels it, and the command sees it to its end", async () => {
  const place = new Place();
  const provider = await place.provider({ latencySeconds: 60 });
  const running = await interrupted(place);
  running.type("c\r");
  const { code, stdout } = await running.ended;
  expect(code).toBe(3);
  expect(stdout).toContain("will be cancelled");
  expect(place.results().map(({ status }) => status)).toEqual(ITEMS.map(() => expect.any(String)));
  expect((await provider.stats()).openai.batches_created).toBe(1);
});

test("a job that ends while the question stands shows its results", async () => {
  const place = new Place();
  const { release } = await place.standingProvider();
  const running = await interrupted(place);
  release();
  const { code, stdout } = await running.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/cancel it \(c\)\?[\s\S]*\n[\s\S]*succeeded[\s\S]*results\.jsonl/);
});

test("watch asks as well, and what it leaves resumes", async () => {
  const place = new Place();
  const { release } = await place.standingProvider();
  const { stdout } = await place.run(["submit", place.file("data.jsonl", ITEMS), ...JOB, "--json"]);
  const { job_id } = JSON.parse(stdout);
  const watching = place.startOnTerminal(["watch", job_id]);
  await watching.prints(/next poll/);
  watching.type(CTRL_C);
  await watching.prints(/cancel it \(c\)\?/);
  watching.type("\r");
  expect((await watching.ended).code).toBe(130);
  release();
  expect((await place.run(["watch", job_id])).code).toBe(0);
});
