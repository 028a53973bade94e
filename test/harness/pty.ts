/** Runs a program on a terminal of its own, and passes on what is typed and printed, and how it ended. */
const PROGRAM = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/** The command line that runs a program on a terminal of 80 columns and 24 lines. */
export function onTerminal(program: string[]): string[] {
  return ["python3", "-c", PROGRAM, "sh", "-c", 'stty cols 80 rows 24; exec "$@"', "sh", ...program];
}
