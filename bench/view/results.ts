/** `bench/VIEW.md`: what the report and the viewer cost. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { table } from "../tables.ts";
import { measureReportShare, type StepsCost } from "./report-share.ts";
import { measureViewer, ROWS } from "./viewer.ts";

/** Measures both and writes the file. */
export async function measureView(): Promise<void> {
  const load = () => loadavg()[0]?.toFixed(1);
  const before = load();
  const viewer = await measureViewer();
  const share = await measureReportShare();
  const { grep, firstRows, firstRowsCpu, lastRow, search, peakBytes, fileBytes } = viewer;
  const times = (seconds: number) => `${seconds.toFixed(2)} s`;
  const costs = ({ cpu, peak, prepare }: StepsCost) => [times(cpu), `${Math.round(peak)} MB`, times(prepare)];
  const percent = (ratio: number) => `${((ratio - 1) * 100).toFixed(1)} %`;
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
The report is made in \`collect-results\` and \`finalize-job\`, of prompts that \`prepare-job\` keeps: a job of 50,000 items, with the
report and with nothing in its place, in turns; medians of ${share.pairs} pairs. What is more is the median of the pairs' ratios.

${table(
  ["", "CPU of both steps", "their peak", "CPU of prepare-job"],
  [
    ["with the report", ...costs(share.with)],
    ["without", ...costs(share.without)],
    [
      "more (aim: ≤ 10 %, nothing)",
      percent(share.more.cpu),
      `${Math.round(share.with.peak - share.without.peak)} MB`,
      percent(share.more.prepare),
    ],
  ],
)}`;
  writeFileSync(join(import.meta.dirname, "../VIEW.md"), text);
  console.log(text);
}
