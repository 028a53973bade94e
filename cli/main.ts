/** From arguments to an exit code. */
import { CommanderError } from "commander";
import { explainDisk } from "../local/disk-error.ts";
import { messageOf } from "../shared/errors.ts";
import { EXIT, UsageError } from "./exit-codes.ts";
import { printError } from "./output/safe-text.ts";
import { program } from "./program.ts";

/** Runs the command. @returns its exit code */
export async function main(args: string[]): Promise<number> {
  let code: number = EXIT.ok;
  try {
    const command = await program(args, (ended) => {
      code = ended;
    });
    await command.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed what is wrong; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    printError(messageOf(explainDisk(error)));
    return error instanceof UsageError ? EXIT.usage : EXIT.error;
  }
}
