/** 2,000 items in real time, 200 ms an answer and 100 at once: Nightshift's `AnswerNow` beside the AI SDK's `generateText`. */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { BatchState, PreparedJob } from "../../shared/payload.ts";
import { inputLines, putInput } from "../input.ts";
import type { Bundles } from "../measure/bundle.ts";
import type { Measurement } from "../measure/meter.ts";
import { run } from "../measure/run.ts";
import { environmentOf, type Services, startServices } from "../services/services.ts";
import { table } from "../tables.ts";

const HERE = import.meta.dirname;
const [ITEMS, WARM_UP_ITEMS, LINE_BYTES, MODEL] = [2_000, 200, 1_000, "gpt-4.1-mini"];
const [SECONDS, AT_ONCE] = [0.2, 100];
/** Runs of each; the median counts. */
const RUNS = 3;

/** Measures both in turn, against the same server, and writes `bench/REAL-TIME.md`. */
export async function measureRealTime(bundles: Bundles, nodeOptions: string[]): Promise<void> {
  const ours: Measurement[] = [];
  const theirs: Measurement[] = [];
  for (let n = 0; n < RUNS; n++) {
    const services = await startServices(1, SECONDS);
    try {
      ours.push(await answerNow(services, bundles, nodeOptions));
      theirs.push(await generateText(services));
    } finally {
      services.close();
    }
  }
  const ideal = (ITEMS * SECONDS) / AT_ONCE;
  const rows = Object.entries({
    "Nightshift, AnswerNow": ours,
    "AI SDK, generateText and p-limit": theirs,
  }).map(([name, runs]) => [
    name,
    median(runs, ({ wall }) => wall).toFixed(2),
    (median(runs, ({ wall }) => wall) / ideal).toFixed(2),
    ((median(runs, ({ cpu }) => cpu) / ITEMS) * 1000).toFixed(2),
    Math.max(...runs.map(({ rss }) => rss)).toFixed(0),
  ]);
  const figures = table(["", "wall s", "× ideal", "CPU ms an item", "peak RSS MB"], rows);
  const ratio = median(ours, ({ cpu }) => cpu) / median(theirs, ({ cpu }) => cpu);
  console.log(`${figures}\nCPU: ${ratio.toFixed(2)} × the AI SDK's`);
  writeFileSync(
    join(HERE, "../REAL-TIME.md"),
    `# Answers in real time

Made by \`npm run bench -- --only real-time\` on ${new Date().toISOString().slice(0, 10)}, node ${process.version}, on a machine with ${cpus().length} cores and a load of
${(loadavg()[0] ?? 0).toFixed(1)}. Write nothing here by hand. Wall time means something on an idle machine only.

${ITEMS.toLocaleString("en-US")} items of about ${LINE_BYTES} bytes against the sandbox, which takes ${SECONDS * 1000} ms for an answer and lets ${AT_ONCE} through at once: at best
${ideal.toFixed(1)} s. Each program ran in a process of its own, ${RUNS} times in turn against the same server; the medians are given. Nightshift kept its
answers in S3 and its journal in DynamoDB, on loopback. The AI SDK's program wrote a line to a file for each answer.

Aims: wall at most 1.2 × the ideal; CPU an item at most 0.7 × the AI SDK's. Here it is ${ratio.toFixed(2)} ×.

${figures}`,
  );
}

async function answerNow(services: Services, bundles: Bundles, nodeOptions: string[]): Promise<Measurement> {
  const metadata = { provider: "openai", model: MODEL };
  await putInput(services.s3, "inbox/warm-up.jsonl", metadata, WARM_UP_ITEMS, LINE_BYTES);
  await putInput(services.s3, "inbox/items.jsonl", metadata, ITEMS, LINE_BYTES);
  const events = ["warm-up", "items"].map((name) => ({
    execution: `bench-${name}`,
    input: { key: `inbox/${name}.jsonl` },
  }));
  const prepared = await run(bundles.path("prepare-job"), { events }, services.environment);
  const states = (prepared.outputs as PreparedJob[]).map(({ job_id }) => ({
    ...{ job_id, batch: 1, round: 1, min_poll_seconds: 1 },
  }));
  const plan = [join(HERE, "plan.ts"), ...states.map((state) => JSON.stringify(state))];
  execFileSync(process.execPath, plan, { env: services.environment });
  const [warmUp, work] = states;
  const { measurement, outputs } = await run(
    bundles.path("answer-now"),
    { warmUp, events: [work] },
    environmentOf("answer-now", services),
    nodeOptions,
  );
  if (!(outputs[0] as BatchState).ended) throw new Error("not all items were asked in one run");
  return measurement;
}

async function generateText({ environment }: Services): Promise<Measurement> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-bench-"));
  try {
    const [warmUp, input] = [WARM_UP_ITEMS, ITEMS].map((count) => {
      const file = join(dir, `${count}.jsonl`);
      writeFileSync(file, Buffer.concat([...inputLines(count, LINE_BYTES)]));
      return file;
    });
    const args = [warmUp ?? "", input ?? "", join(dir, "results.jsonl"), MODEL];
    // As its users run it.
    const env = { ...environment, NODE_OPTIONS: "", MALLOC_ARENA_MAX: undefined };
    const child = fork(join(HERE, "generate-text.mjs"), args, { env });
    const [{ measurement }] = await Promise.race([
      once(child, "message"),
      once(child, "exit").then(([code]) =>
        Promise.reject(new Error(`the AI SDK's program ended with ${code}`)),
      ),
    ]);
    child.disconnect();
    return measurement;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function median(runs: Measurement[], of: (run: Measurement) => number): number {
  return runs.map(of).sort((a, b) => a - b)[Math.floor(runs.length / 2)] ?? 0;
}
