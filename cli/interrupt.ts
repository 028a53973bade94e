/** Ctrl-C: everything that is recorded survives, so the process may end at once. */
import type { Output } from "./output/output.ts";

/** Exit codes of processes that a signal ends are 128 and the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ends the process on a signal, with a word on what goes on. @returns a function that takes this back */
export function onInterrupt(output: Output, sandbox: boolean): () => void {
  const goesOn = sandbox ? "the sandbox keeps its batches" : "batches at the provider go on";
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    const handler = () => {
      output.interrupted(`interrupted; ${goesOn}. Run the same command again to go on with the job.`);
      process.exit(code);
    };
    process.once(signal, handler);
    return [signal, handler] as const;
  });
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
