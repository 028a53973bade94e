/** Tried rows: for people prompt and answer side by side, then what the whole job would cost; for programs as JSON. */
import Table from "cli-table3";
import { PRICES_DATE } from "../../shared/money/receipt.ts";
import { promptText } from "../../shared/report/prompt-text.ts";
import { shortText } from "../../shared/report/short-text.ts";
import type { FileQuote } from "../input/quote-file.ts";
import { projected } from "../try/projection.ts";
import type { TriedRow } from "../try/try-rows.ts";
import { answerSummary } from "./answer-text.ts";
import { usd } from "./cost.ts";
import { counted, number, oneLine } from "./numbers.ts";
import { safeText } from "./safe-text.ts";
import type { Terminal } from "./terminal.ts";

/** Columns of the widest table, and of borders and padding. */
const [WIDEST, FRAME] = [160, 7];
/** Characters of a prompt and of an answer that are shown. */
const [PROMPT_SHOWN, ANSWER_SHOWN] = [1500, 3000];
const ID_WIDTH = 40;

export function printRow(row: TriedRow, terminal: Terminal): void {
  const { colors, width } = terminal;
  const { asked } = row;
  const half = Math.floor((Math.min(width, WIDEST) - FRAME) / 2);
  const table = new Table({
    head: ["prompt", asked.error === null ? "answer" : "no answer"],
    colWidths: [half + 2, half + 2],
    wordWrap: true,
    wrapOnWordBoundary: true,
    style: { head: [], border: [] },
  });
  table.push([
    cell(promptText(Buffer.from(row.body)), PROMPT_SHOWN),
    cell(asked.error ?? answerOf(row), ANSWER_SHOWN),
  ]);
  const id = row.custom_id === String(row.line) ? "" : ` ${colors.cyan(oneLine(row.custom_id, ID_WIDTH))}`;
  terminal.line(`${colors.bold(`row ${row.line}`)}${id}`);
  terminal.line(table.toString());
  terminal.line(colors.dim(`  ${costOf(row)}`));
  terminal.line();
}

/** Without control characters: the table counts characters, and an escape has more of them. */
const cell = (text: string, most: number) => safeText(shortText(text, most)).replaceAll("\t", "  ");

function answerOf({ asked }: TriedRow): string {
  const response = asked.outcome?.response;
  if (!response) return "";
  const text = answerSummary({ content: response.content, parsed: JSON.parse(response.parsed ?? "null") });
  const calls = response.tool_calls.map(({ name, arguments: input }) => `${name}(${input})`);
  return [text, ...calls].filter(Boolean).join("\n");
}

function costOf({ asked, charge, cached }: TriedRow): string {
  const retries = asked.tries > 1 && `${asked.tries} tries`;
  const unknown =
    asked.unknown > 0 && `${counted(asked.unknown, "answer")} broke off and may have been billed`;
  const parts = [
    charge && `${number(charge.prompt_tokens)} tokens in, ${number(charge.completion_tokens)} out`,
    charge && (charge.real_time_usd === null ? "cost unknown" : `${usd(charge.real_time_usd)} USD`),
    asked.outcome?.response && `finish reason ${asked.outcome.response.finish_reason}`,
    cached ? "answered by an earlier try: nothing was paid" : retries,
    unknown,
  ];
  return parts.filter(Boolean).join(", ");
}

/** Prints what was paid, and what the whole job would cost by these answers. */
export function printProjection(rows: readonly TriedRow[], quoted: FileQuote, terminal: Terminal): void {
  const answered = rows.filter(({ asked }) => asked.error === null).length;
  terminal.line(`${number(answered)} of ${counted(rows.length, "row")} answered.`);
  const job = projected(rows, quoted);
  if (job) {
    const items = counted(job.items, "item");
    terminal.line(
      `The whole job, by these answers: ${items}, about ${number(job.prompt_tokens)} tokens in and ${number(job.completion_tokens)} out; ${
        job.cost_usd === null || job.real_time_usd === null
          ? "its cost is unknown"
          : `about ${usd(job.cost_usd)} USD by batch, ${usd(job.real_time_usd)} in real time (prices of ${PRICES_DATE})`
      }.`,
    );
  }
  if (quoted.invalid > 0)
    terminal.line(
      terminal.colors.yellow(
        `${counted(quoted.invalid, "line")} would not be sent; the first: ${oneLine(quoted.problems[0] ?? "", terminal.width)}`,
      ),
    );
  if (quoted.refusal !== null)
    terminal.line(terminal.colors.red(`The job would be refused: ${quoted.refusal}`));
}

/** One row with its request and its answer, which a person asked to see. */
export function tryJson({ line, custom_id, body, asked, charge, cached }: TriedRow): object {
  const { outcome, error, tries, unknown } = asked;
  const response = outcome?.response ?? null;
  return {
    ...{ type: "row", line, custom_id, request: JSON.parse(body) },
    answer: response?.content ?? null,
    parsed: JSON.parse(response?.parsed ?? "null"),
    finish_reason: response?.finish_reason ?? null,
    ...{ error, tries, unknown_tries: unknown, cached, charge },
  };
}
