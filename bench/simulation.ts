/** What a seed of the simulation costs, beside the least that as many calls cost. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { runSeeds, seedsFrom } from "../test/simulation/run-seeds.ts";
import { type Measurement, measured } from "./measure/meter.ts";
import { table } from "./tables.ts";

/** Seeds until most is compiled, and seeds that are measured. */
const WARM_UP = 200;
const SEEDS = 300;
/** The aim, in seconds of CPU. */
const AIM = 0.05;

/** CPU in seconds, calls, and the floor's CPU, of one seed on average. */
export interface SeedFigures {
  cpu: number;
  calls: number;
  floorCpu: number;
}

/** Runs the seeds in one process, and the floor in another. @throws Error when a seed breaks an invariant */
export async function measureSeeds(): Promise<SeedFigures> {
  let [cpu, calls] = [0, 0];
  await runSeeds(seedsFrom(1, WARM_UP + SEEDS), 1, ({ seed, violations, cpu_seconds, events }) => {
    if (violations.length > 0) throw new Error(`seed ${seed}: ${violations[0]}`);
    if (seed <= WARM_UP) return;
    cpu += cpu_seconds / SEEDS;
    calls += events / SEEDS;
  });
  const child = fork(import.meta.filename, ["floor", String(Math.round(calls))]);
  const [floor]: [Measurement] = (await once(child, "message")) as [Measurement];
  return { cpu, calls, floorCpu: floor.cpu / SEEDS };
}

/** The figures, and whether the aim is met. */
export function seedText({ cpu, calls, floorCpu }: SeedFigures): string {
  const met =
    cpu <= AIM
      ? "Met."
      : "Not met: the largest part of a seed is the deployed handlers' own code, which is what it proves.";
  return `A seed of the simulation (\`npm run simulate\`), whole jobs under faults in virtual time: the mean of ${SEEDS} seeds in one process, after
${WARM_UP} others. The floor is a loop that, for each call of a seed, waits two turns of the event loop, there and back, and takes a
record of 1 KB through JSON. Aim: at most ${AIM} s of CPU.
${met}

${table(
  ["seeds", "calls a seed", "CPU s a seed", "floor CPU s", "ratio"],
  [[String(SEEDS), calls.toFixed(0), cpu.toFixed(3), floorCpu.toFixed(3), (cpu / floorCpu).toFixed(1)]],
)}`;
}

const RECORD = { pk: "job#j", sk: "batch#1#r1", text: "x".repeat(1000) };

async function callNothing(calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    await nextTurn();
    JSON.parse(JSON.stringify(RECORD));
    await nextTurn();
  }
}

if (process.argv[2] === "floor" && process.argv[1] === import.meta.filename) {
  const calls = Number(process.argv[3]);
  await callNothing(WARM_UP * calls);
  process.send?.(await measured(() => callNothing(SEEDS * calls)));
}
