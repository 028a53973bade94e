/** Puts a report's data into its page. */
import { PAGE } from "./page.generated.ts";
import type { ReportData } from "./report-data.ts";
import { shortText } from "./short-text.ts";

/** Where the data goes; see `page/page.html`. */
const MARK = '"REPORT_DATA"';
/** Bytes of a report at most: it goes by mail. */
const MOST_BYTES = 2_000_000;
/** Characters that are shown of a row's texts: the most that fit. */
const TEXT_CHARACTERS = [2000, 1000, 500, 200, 50];
const ID_CHARACTERS = 100;
/** A setting may be a prompt or a schema: it has more characters than a row's text. */
const OF_SETTINGS = 5;
/** There are fewer; a job that failed may have been given any number. */
const MOST_SETTINGS = 100;

/** The page with its data: one file that needs no network. No text of the data can end its script element. */
export function renderReport(data: ReportData): string {
  const [before = "", after = ""] = PAGE.split(MARK);
  const room = MOST_BYTES - Buffer.byteLength(PAGE);
  let json = "";
  for (const characters of TEXT_CHARACTERS) {
    const spec = shortSettings(data.spec, characters * OF_SETTINGS);
    json = inertJson({ ...data, rows: shortRows(data.rows, characters), spec });
    if (Buffer.byteLength(json) <= room) break;
  }
  return `${before}${json}${after}`;
}

/** The data of a page; null when it is none that can be read. */
export function reportDataOf(html: string): ReportData | null {
  try {
    return JSON.parse(/id="data">([^<]*)</.exec(html)?.[1] ?? "");
  } catch {
    return null;
  }
}

/** JSON without a character that HTML could take for its own. */
export function inertJson(data: unknown): string {
  return JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function shortRows(rows: ReportData["rows"], characters: number): ReportData["rows"] {
  const cut = (text: string | null) => text && shortText(text, characters);
  return rows.map(({ custom_id, prompt, answer, error, ...row }) => ({
    ...row,
    custom_id: shortText(custom_id, ID_CHARACTERS),
    ...{ prompt: cut(prompt), answer: cut(answer), error: cut(error) },
  }));
}

function shortSettings(spec: object, characters: number): Record<string, string> {
  const settings = Object.entries(spec).slice(0, MOST_SETTINGS);
  return Object.fromEntries(
    settings.map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return [shortText(name, ID_CHARACTERS), shortText(text, characters)];
    }),
  );
}
