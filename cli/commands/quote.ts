/** `nightshift quote`: what a file would cost, before anything is sent. */
import * as z from "zod";
import { setting } from "../arguments.ts";
import { checkModel } from "../check-model.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { newJob } from "../input/new-job.ts";
import { RowPicker } from "../input/pick-rows.ts";
import { type FileQuote, quoteFile } from "../input/quote-file.ts";
import type { JobFlags } from "../job-settings.ts";
import { envFromOption, INPUT_HELP, jobOptions, jsonOption, OF_RESULTS, passedOver } from "../options.ts";
import { printQuote, quoteSummary } from "../output/quote-report.ts";
import { print, printJson } from "../output/safe-text.ts";

const AFTER_HELP = `
The file is read as the job would read it: the same checks, the same batches. Nothing is sent, and no key is needed. What a
stack's defaults or an upload's metadata would set must be given as flags.

Input tokens are estimated from a sample of the requests, counted with gpt-4o's tokenizer; other makers' models have some
more. Pictures, files and what a request only points to are not counted: give allowances. Output tokens are the most that
the requests allow; an answer ends when it ends, and a job mostly costs far less. Further tries of failed items are not in it.

Prices are those of @pydantic/genai-prices, half of them for a batch. A model without a price says so; MODEL_PRICES in the
environment gives it one: {"openai": {"MODEL": {"input_mtok": 0.8, "output_mtok": 3.2}}}, US dollars a million tokens in real time.

Exit codes:
  0    the job would be taken
  1    it would be refused: no valid line, --on-invalid fail, --max-cost-usd
  2    the command line, a setting or the beginning of the input is wrong

Examples:
  $ nightshift quote data.csv --provider openai --model gpt-4.1-mini --prompt "Classify: {{description}}" --show 1
  $ nightshift quote data.jsonl --provider openai --model gpt-4.1-mini
  $ nightshift quote data.jsonl --provider anthropic --model claude-haiku-4-5 --max-tokens 500 --max-cost-usd 20
  $ nightshift quote data.jsonl --provider openai --model gpt-4.1-mini --json`;

export const declareQuote: DeclareCommand = (bare, end) => {
  const quote = bare
    .argument("<files...>", INPUT_HELP)
    .option(
      "--show <row>",
      "print the request that would be sent for this row, and nothing else",
      setting(z.int().min(1), Number),
    )
    .addHelpText("after", AFTER_HELP);
  jobOptions(quote);
  jsonOption(quote, "one JSON object");
  envFromOption(quote);
  passedOver(quote, ...OF_RESULTS, "--data-dir <dir>", "--sandbox", "--upstream <url>");
  quote.action(async (files: string[], flags: QuoteFlags) => end(await quoteJob(files, flags)));
};

interface QuoteFlags extends JobFlags {
  json?: boolean;
  show?: number;
}

async function quoteJob(files: string[], flags: QuoteFlags): Promise<number> {
  await using job = await newJob(files, flags, null);
  const { file, label, settings, provider, model } = job;
  await checkModel(provider, model, { ...flags, sandbox: false });
  const picker = new RowPicker({ count: 1, rows: flags.show === undefined ? [] : [flags.show] });
  const quoted = await quoteFile(file, settings, picker.open);
  if (flags.show !== undefined) return showRow(flags.show, picker.picked[0]?.body, quoted);
  if (flags.json) printJson(quoteSummary(quoted));
  else printQuote(label, quoted);
  return quoted.refusal === null ? EXIT.ok : EXIT.error;
}

/** Prints the body of one row's request, or throws what is wrong with the row. */
function showRow(row: number, body: string | undefined, { problems, items }: FileQuote): number {
  if (body === undefined) {
    const problem = problems.find((text) => /^(line|row) (\d+):/.exec(text)?.[2] === String(row));
    throw new Error(problem ?? `there is no valid row ${row} among the ${items} of the input`);
  }
  print(body);
  return EXIT.ok;
}
