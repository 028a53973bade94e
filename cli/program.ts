/** The program: its name, and its commands, each of which is a file of `commands/`. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { DeclareCommand } from "./command.ts";
import { declareCancel } from "./commands/cancel.ts";
import { declareDoctor } from "./commands/doctor.ts";
import { declareList } from "./commands/list.ts";
import { declareQuote } from "./commands/quote.ts";
import { declareResults } from "./commands/results.ts";
import { declareRun } from "./commands/run.ts";
import { declareSandbox } from "./commands/sandbox.ts";
import { declareStatus } from "./commands/status.ts";
import { declareSubmit } from "./commands/submit.ts";
import { declareTry } from "./commands/try.ts";
import { declareView } from "./commands/view.ts";
import { declareWatch } from "./commands/watch.ts";
import { safeText } from "./output/safe-text.ts";

/** In the order of the help. */
const COMMANDS: readonly DeclareCommand[] = [
  declareRun,
  declareSubmit,
  declareList,
  declareStatus,
  declareWatch,
  declareView,
  declareResults,
  declareCancel,
  declareQuote,
  declareTry,
  declareDoctor,
  declareSandbox,
];

/** Of the package: in a clone its package.json is the repository's. */
function version(): string {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

/** The program; `onEnd` is told the exit code of the command that was run. */
export function program(onEnd: (code: number) => void): Command {
  const command = new Command("nightshift")
    .description("LLM batch jobs: a JSONL file in, every line answered, once, in order.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .showHelpAfterError("(--help tells more)")
    .configureOutput({ writeErr: (text) => process.stderr.write(safeText(text)) })
    .configureHelp({ helpWidth: 118 })
    // Inherited by the commands.
    .exitOverride();
  for (const declare of COMMANDS) declare(command, onEnd);
  return command;
}
