import { onTestFinished, vi } from "vitest";

/** Everything this process writes to its standard streams until the test is over, in whatever way. */
export function captured(): string[] {
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
