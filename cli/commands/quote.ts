/** `nightshift quote`: what a file would cost, before anything is sent. */
import type { Command } from "commander";
import { checkModel } from "../check-model.ts";
import { EXIT } from "../exit-codes.ts";
import { checkFile } from "../input/input-file.ts";
import { type JobFlags, jobSettings } from "../job-settings.ts";
import { jobOptions, jsonOption } from "../options.ts";
import { printJson } from "../output/json-lines.ts";
import { printQuote, quoteSummary } from "../output/quote-report.ts";

const AFTER_HELP = `
The file is read as the job would read it: the same checks, the same batches. Nothing is sent, and no key is needed. What a
stack's defaults or an upload's metadata would set must be given as flags.

Input tokens are estimated from the requests' bytes: within a third for most text, too few for numbers and dense JSON,
far too many for images and documents that stand in the line. Output tokens are the most that the requests allow; an
answer ends when it ends, and a job mostly costs far less. Further tries of failed items are not in it.

Prices are those of @pydantic/genai-prices, half of them for a batch. A model without a price says so; MODEL_PRICES in the
environment gives it one: {"openai": {"MODEL": {"input_mtok": 0.8, "output_mtok": 3.2}}}, US dollars a million tokens in real time.

Exit codes:
  0    the job would be taken
  1    it would be refused: no valid line, --on-invalid fail, --max-cost-usd; or the file cannot be read
  2    the command line is wrong

Examples:
  $ nightshift quote data.jsonl --provider openai --model gpt-4.1-mini
  $ nightshift quote data.jsonl --provider anthropic --model claude-haiku-4-5 --max-tokens 500 --max-cost-usd 20
  $ nightshift quote data.jsonl --provider openai --model gpt-4.1-mini --json`;

/** Adds `quote` to the program. */
export function declareQuote(program: Command, end: (code: number) => void): void {
  const quote = program
    .command("quote")
    .description("Say what a JSONL file would cost as a job: items, batches, tokens, price.")
    .argument("<file>", "JSONL file, plain or gzip: one item a line")
    .addHelpText("after", AFTER_HELP);
  jobOptions(quote);
  jsonOption(quote, "one JSON object");
  quote.action(async (file: string, flags: JobFlags & { json?: boolean }) => {
    await checkFile(file);
    const { settings, provider, model } = await jobSettings(file, flags, false);
    await checkModel(provider, model, { ...flags, sandbox: false });
    // Loaded when it is needed: with it comes the AWS SDK.
    const { quoteFile } = await import("../input/quote-file.ts");
    const quoted = await quoteFile(file, settings);
    if (flags.json) printJson(quoteSummary(quoted));
    else printQuote(file, quoted);
    end(quoted.refusal === null ? EXIT.ok : EXIT.error);
  });
}
