/** Ctrl-C: everything that is recorded survives, so the process may end at once; a person is asked first. */
import { createInterface } from "node:readline";
import type { Backend } from "./backend/backend.ts";
import { cancelJob } from "./job/cancel-job.ts";
import type { Output } from "./output/output.ts";
import { printError } from "./output/safe-text.ts";

/** Exit codes of processes that a signal ends are 128 and the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;

/** What a signal interrupts. The fields come as they are known. */
export interface Interruptible {
  output: Output;
  backend?: Backend;
  job_id?: string;
}

/** Ends the process on a signal, with a word on what continues. @returns a function that takes this back */
export function onInterrupt(work: Interruptible): () => void {
  let asked = false;
  const over = new AbortController();
  const onSignal = (signal: Signal) => {
    const person = signal === "SIGINT" && process.stdin.isTTY && process.stderr.isTTY;
    if (!person || !work.backend || !work.job_id) return end(work, signal);
    if (asked) return leave(work);
    asked = true;
    void ask(work, work.backend, work.job_id, over.signal);
  };
  const handlers = (Object.keys(SIGNALS) as Signal[]).map((signal) => {
    const handler = () => onSignal(signal);
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
    over.abort();
  };
}

/** @param over aborts when the job has ended before the answer: nothing is left to ask, and what waited is printed */
async function ask(work: Interruptible, backend: Backend, job_id: string, over: AbortSignal): Promise<void> {
  work.output.pause();
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await new Promise<string | null>((resolve) => {
    over.addEventListener("abort", () => {
      resolve(null);
      process.stderr.write("\n");
      lines.close();
      work.output.resume();
    });
    lines.once("SIGINT", () => leave(work));
    // Ctrl-D.
    lines.once("close", () => resolve(""));
    lines.question("\nLeave the job running (Enter or Ctrl-C), or cancel it (c)? ", resolve);
  });
  if (answer === null) return;
  lines.close();
  work.output.resume();
  if (!/^c/i.test(answer.trim())) return leave(work);
  printError(
    `${await cancelJob(job_id, backend)} Ctrl-C again ends this command; the job is cancelled all the same.`,
  );
}

/** The job continues without this process. */
function leave({ output, backend, job_id }: Interruptible): never {
  backend?.leave();
  const again = `nightshift watch ${job_id}${backend?.options ?? ""}`;
  output.interrupted(`job ${job_id} continues without this command; ${again} follows it.`);
  process.exit(SIGNALS.SIGINT);
}

/** The process ends, and with it what runs in it. */
function end({ output, backend, job_id }: Interruptible, signal: Signal): never {
  const goesOn = backend?.sandbox ? "the sandbox keeps its batches" : "batches at the provider continue";
  output.interrupted(
    job_id && backend?.ownProcess === false
      ? `interrupted; the job continues. nightshift watch ${job_id}${backend.options} follows it.`
      : `interrupted; ${goesOn}. Run the same command again to resume the job.`,
  );
  process.exit(SIGNALS[signal]);
}
