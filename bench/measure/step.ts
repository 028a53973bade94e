/** Runs one Lambda's handler on some events, one after the other, as a warm Lambda does. */
import { measured } from "./meter.ts";
import type { StepWork } from "./run.ts";

/** The program of a step's process: it gets its work as an argument and sends back what it used. */
export async function runStep(handler: (event: unknown) => Promise<unknown>): Promise<void> {
  const { warmUp, events } = JSON.parse(process.argv[2] as string) as StepWork;
  const warmOutput = warmUp === undefined ? undefined : await handler(warmUp);
  const outputs: unknown[] = [];
  const measurement = await measured(async () => {
    for (const event of events) outputs.push(await handler(event));
  });
  process.send?.({ measurement, warmOutput, outputs });
}
