/** A quote for people and for programs. */
import { mostOf, type Quote, unpricedText } from "../../shared/money/quote.ts";
import { PRICES_DATE } from "../../shared/money/receipt.ts";
import { NO_CHARGE, roundCosts, totalOf, unpricedModels } from "../../shared/money/sums.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { asksSmallRounds } from "../../shared/workflow/small-rounds.ts";
import type { FileQuote } from "../input/quote-file.ts";
import { usd } from "./cost.ts";
import { number, oneLine } from "./numbers.ts";
import { plainTable } from "./plain-table.ts";
import { foldProblems } from "./problems.ts";
import { Terminal } from "./terminal.ts";

const PROBLEM_WIDTH = 160;

/** A quote as one JSON object. Costs are null where a model has no price, or a request no limit. */
export function quoteSummary({ spec, items, invalid, problems, batches, quote, refusal }: FileQuote): object {
  return {
    provider: spec.provider,
    model: spec.model,
    items,
    invalid,
    problems,
    batches,
    input: roundCosts(totalOf(quote.input)),
    at_most: roundCosts(mostOf(quote)),
    unlimited: quote.unlimited,
    ...(quote.unseen && { unseen: quote.unseen }),
    models: Object.fromEntries(
      Object.entries(quote.most).map(([model, most]) => [
        model,
        { input: roundCosts(quote.input[model] ?? NO_CHARGE), at_most: roundCosts(most) },
      ]),
    ),
    unpriced_models: unpricedModels(quote.most),
    prices_date: PRICES_DATE,
    refusal,
  };
}

export function printQuote(file: string, quoted: FileQuote): void {
  const { spec, items, invalid, problems, batches, quote, refusal } = quoted;
  const terminal = new Terminal();
  const { colors } = terminal;
  terminal.line(`${colors.bold(file)} → ${PROFILES[spec.provider].title}, ${spec.model}`);
  terminal.line();
  const tokens = mostOf(quote);
  terminal.line(
    plainTable([
      ["items", number(items)],
      ...(invalid > 0 ? [["  invalid, not sent", number(invalid)]] : []),
      ["batches", number(batches)],
      ["input tokens, estimated", number(tokens.prompt_tokens)],
      ["output tokens, at most", mostOutput(quote, tokens.completion_tokens)],
      ...Object.entries(quote.unseen ?? {}).map(([kind, count]) => [
        `  not counted: ${kind}`,
        `${number(count)}; give allowances`,
      ]),
    ]),
  );
  if (quote.requests > 0) printPrices(quote, spec, terminal);
  if (refusal !== null) {
    terminal.line();
    terminal.line(colors.red(`The job would be refused: ${foldProblems(refusal)}`));
  } else if (problems.length > 0) {
    terminal.line();
    terminal.line("Invalid lines:");
    for (const problem of foldProblems(problems.join("\n")).split("\n"))
      terminal.line(`  ${oneLine(problem, PROBLEM_WIDTH)}`);
    if (invalid > problems.length) terminal.line(`  … and ${number(invalid - problems.length)} more`);
  }
}

function printPrices(quote: Quote, spec: FileQuote["spec"], terminal: Terminal): void {
  terminal.line();
  terminal.line(
    plainTable([
      ["US dollars", "input alone", "at most", "in real time, at most"],
      ...Object.keys(quote.most).map((model) => priceRow(model, quote)),
    ]),
  );
  const kind = asksSmallRounds(spec, quote.requests) ? "Real-time prices (small_rounds)" : "Batch prices";
  terminal.line(`${kind}, from the list of ${PRICES_DATE}; answers mostly end long before their limit.`);
  if (spec.at_deadline === "real_time")
    terminal.line(
      "What has no answer near the deadline is asked in real time, at the price of the last column.",
    );
  const unpriced = unpricedText(quote);
  if (unpriced !== null) terminal.line(terminal.colors.yellow(`Costs are not known: ${unpriced}.`));
}

function mostOutput({ requests, unlimited }: Quote, tokens: number): string {
  if (unlimited === 0) return number(tokens);
  return `no limit known of ${number(unlimited)} of ${number(requests)} requests; the others ${number(tokens)}`;
}

function priceRow(model: string, { input, most, unlimited }: Quote): string[] {
  const price = (value: number | null | undefined) => (value === null ? "not known" : usd(value ?? 0));
  const capped = (value: number | null | undefined) => (unlimited > 0 ? "no limit" : price(value));
  return [
    model,
    price(input[model]?.cost_usd),
    capped(most[model]?.cost_usd),
    capped(most[model]?.real_time_usd),
  ];
}
