/** No prompt, answer or key appears in a log, an event, or an execution's input or output. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { strike } from "../../local/sandbox/faults.ts";
import { ENV } from "../../shared/names.ts";
import { itemLine, type JobRun, jobAt, PROVIDERS, startWorld } from "./harness.ts";

const world = await startWorld();
const PROMPT = "zebra-prompt-marker";
let keys = 0;
const KEY = "sk-zebra-key-marker-0123456789";

/** Everything this process writes to its standard streams, in whatever way. */
function captured(): string[] {
  const written: string[] = [];
  const keep = (chunk: unknown) => {
    written.push(Buffer.isBuffer(chunk) ? chunk.toString() : String(chunk));
    return true;
  };
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write").mockImplementation(keep);
  for (const method of ["log", "info", "warn", "error", "debug", "trace"] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => void keep(JSON.stringify(args)));
  }
  onTestFinished(() => void vi.restoreAllMocks());
  return written;
}

/** Fails where a marker stands in what others can read: logs, events, the execution's states and end. */
function expectSilence(run: JobRun, written: string[]): void {
  const events = readFileSync(join(world.dir, "events.jsonl"), "utf8");
  const readable = JSON.stringify([run.events, run.output, run.error, written, events]);
  for (const marker of [PROMPT, KEY]) expect(readable).not.toContain(marker);
  // The check itself can fail: the markers are where they belong.
  expect(run.events.length).toBeGreaterThan(3);
}

/** Every file of the engine: its objects, its database, its event log. */
function onDisk(): string {
  const files = readdirSync(world.dir, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1")).join("\n");
}

/** A new key with the marker: clients are kept by key. */
function setKey(): void {
  process.env[ENV.openaiKey] = process.env[ENV.anthropicKey] = `${KEY}-${++keys}`;
}

test.for(PROVIDERS)("%s: a job that succeeds, with items that fail", async (provider) => {
  await world.sandbox();
  setKey();
  const written = captured();
  const run = await world.run([
    JSON.stringify({ job: jobAt(provider, { system: `${PROMPT} system` }) }),
    itemLine("good", `${PROMPT} question`),
    itemLine("refused", `${PROMPT} question`, { extra: { temperature: provider === "openai" ? 3 : -1 } }),
    `{"custom_id":"cut","user_message":"${PROMPT}`,
    `"${PROMPT}"`,
    itemLine("wrong", `${PROMPT} question`, { max_tokens: PROMPT }),
    itemLine("typo", "x", { [`${PROMPT} as a key, ${"long ".repeat(20)}`]: PROMPT }),
  ]);
  expect(run.error).toBeUndefined();
  expect(run.results[0]?.response?.content).toContain(PROMPT);
  expectSilence(run, written);
  expect(onDisk()).toContain(PROMPT);
  expect(onDisk()).not.toContain(KEY);
});

test.for(["continue", "fail"])("a job whose lines are all invalid, on_invalid: %s", async (on_invalid) => {
  await world.sandbox();
  const written = captured();
  const lines = [
    `{"custom_id":"cut","user_message":"${PROMPT}`,
    PROMPT,
    `{"custom_id":"${"id".repeat(3)}","messages":"${PROMPT}"}`,
    `{"custom_id":"key","user_message":"x","${"long ".repeat(20)}${PROMPT}":1}`,
    `{"custom_id":"role","messages":[{"role":5,"content":"${PROMPT}"}]}`,
  ];
  const run = await world.run(lines, { job: jobAt("openai", { on_invalid }) });
  expect(run.error).toContain("5 of 5 lines are not valid");
  expectSilence(run, written);
});

test.for(PROVIDERS)("%s: a provider that quotes the key it refuses", async (provider) => {
  const message = `Incorrect API key provided: ${KEY}-${keys + 1}.`;
  const body =
    provider === "openai" ? { error: { message } } : { type: "error", error: { type: "x", message } };
  await world.sandbox({
    faults: strike({}, { kind: "answer", answer: { status: 401, body } }),
  });
  setKey();
  const written = captured();
  const run = await world.run([itemLine("one", PROMPT)], { job: jobAt(provider) });
  expect(run.error).toContain("refused the API key (401)");
  expectSilence(run, written);
  expect(onDisk()).not.toContain(KEY);
});

test.for(PROVIDERS)("%s: a provider that quotes the request it refuses", async (provider) => {
  const message = `Invalid request: ${PROMPT} question`;
  const body =
    provider === "openai" ? { error: { message } } : { type: "error", error: { type: "x", message } };
  await world.sandbox({
    faults: strike({ operation: "batches.create" }, { kind: "answer", answer: { status: 400, body } }),
  });
  setKey();
  const written = captured();
  const run = await world.run([itemLine("one", PROMPT)], { job: jobAt(provider) });
  expect(run.results[0]?.error).toContain(PROMPT);
  expectSilence(run, written);
});
