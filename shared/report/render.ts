/** Puts a report's data into its page. */
import { PAGE } from "./page.generated.ts";
import type { ReportData } from "./report-data.ts";

/** Where the data goes; see `page/page.html`. */
const MARK = '"REPORT_DATA"';

/** The page with its data: one file that needs no network. No text of the data can end its script element. */
export function renderReport(data: ReportData): string {
  const [before = "", after = ""] = PAGE.split(MARK);
  return `${before}${inertJson(data)}${after}`;
}

/** JSON without a character that HTML could take for its own. */
export function inertJson(data: unknown): string {
  return JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
