/** Ten million `custom_id`s in the set that finds duplicates: time and memory. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { SeenIds } from "../functions/prepare-job/seen-ids.ts";
import { type Measurement, measured } from "./measure/meter.ts";

/** How many ids. */
export const IDS = 10_000_000;

/** Measures it in a process of its own. */
export async function measureSeenIds(): Promise<Measurement> {
  const child = fork(import.meta.filename, ["run"]);
  const [measurement] = await once(child, "message");
  return measurement;
}

async function addAll(): Promise<void> {
  const seen = new SeenIds();
  for (let line = 1; line <= IDS; line++) {
    if (seen.add(`customer-order-${line}`, line) !== 0)
      throw new Error(`line ${line} passed for a duplicate`);
  }
  for (const line of [1, 77_777, IDS]) {
    if (seen.add(`customer-order-${line}`, IDS + 1) !== line) throw new Error(`line ${line} was forgotten`);
  }
}

if (process.argv[2] === "run" && process.argv[1] === import.meta.filename)
  process.send?.(await measured(addAll));
