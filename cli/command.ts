/** What every command of the program has in common. */
import type { Command } from "commander";

/** Declares the arguments and options of a bare command. Its action gives `end` the exit code, or throws. */
export type DeclareCommand = (bare: Command, end: (code: number) => void) => void;

/** The exit codes of a command that follows a job to its end, for its help. */
export const EXIT_CODES = `
Exit codes:
  0    every item succeeded
  1    the job could not be run, or not to its end
  2    the command line, a setting or the beginning of the input is wrong, or a key is missing; nothing was started
  3    the job ended, with failed items
  130  interrupted (Ctrl-C); batches at the provider continue`;
