/** `bench/VIEW.md`: what the report and the viewer cost. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { table } from "../tables.ts";
import { measureReportShare } from "./report-share.ts";
import { measureViewer, ROWS } from "./viewer.ts";

/** Measures both and writes the file. */
export async function measureView(): Promise<void> {
  const load = () => loadavg()[0]?.toFixed(1);
  const before = load();
  const viewer = await measureViewer();
  const share = await measureReportShare();
  const { grep, firstRows, firstRowsCpu, lastRow, search, peakBytes, fileBytes } = viewer;
  const times = (seconds: number) => `${seconds.toFixed(2)} s`;
  const text = `# What the report and the viewer cost

Made by \`npm run bench -- --only view\` on ${new Date().toISOString().slice(0, 10)}: node ${process.version}, ${cpus().length} cores; programs that ran or waited
to run at the beginning and the end: ${before} and ${load()}. Write nothing here by hand.

The viewer shows a file of ${ROWS.toLocaleString("en")} rows, ${(fileBytes / 1e9).toFixed(2)} GB, in Chromium. Times are on the wall, the median of five;
\`grep -c\` of a status over the same file takes ${times(grep)}.

${table(
  ["what", "aim", "measured", "of grep -c"],
  [
    ["first rows on the screen, from the command", "≤ 1 s", times(firstRows), (firstRows / grep).toFixed(2)],
    ["CPU of the command until then", "", times(firstRowsCpu), (firstRowsCpu / grep).toFixed(2)],
    ["last row on the screen, from the click", "≤ 0.2 s", times(lastRow), (lastRow / grep).toFixed(2)],
    ["the one row with a text, near the end", "", times(search), (search / grep).toFixed(2)],
    ["peak memory of the server", "≤ 150 MB", `${Math.round(peakBytes / 1e6)} MB`, ""],
  ],
)}
The report is made in \`collect-results\` and \`finalize-job\`: a job of 50,000 items, with the report and with nothing in its place, in turns;
medians of five.

${table(
  ["", "CPU of both steps", "peak"],
  [
    ["with the report", times(share.with.cpu), `${Math.round(share.with.peak)} MB`],
    ["without", times(share.without.cpu), `${Math.round(share.without.peak)} MB`],
    [
      "more (aim: ≤ 10 %, nothing)",
      `${((share.with.cpu / share.without.cpu - 1) * 100).toFixed(1)} %`,
      `${Math.round(share.with.peak - share.without.peak)} MB`,
    ],
  ],
)}`;
  writeFileSync(join(import.meta.dirname, "../VIEW.md"), text);
  console.log(text);
}
