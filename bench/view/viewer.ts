/** The viewer on a million rows: how soon the first are on the screen, how soon the last, and the server's memory. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPlace } from "../../cli/backend/open-backend.ts";
import { placesIn } from "../../local/host/place.ts";
import { resultsKey } from "../../shared/objects/keys.ts";
import { ObjectWriter } from "../../shared/objects/object-writer.ts";
import { launchChromium } from "../../test/browser/chromium.ts";
import { peakBytes } from "../measure/peak.mjs";

const COMMAND = join(import.meta.dirname, "../../bin/nightshift.js");
export const ROWS = 1_000_000;
/** Bytes of a row, about. */
const ROW_BYTES = 1_400;
const RUNS = 5;

/** Seconds and bytes; medians but for the peak. */
export interface ViewerFigures {
  fileBytes: number;
  /** `grep -c` of a status over the same file. */
  grep: number;
  /** From the command to the first rows on the screen. */
  firstRows: number;
  /** CPU of the server until then. */
  firstRowsCpu: number;
  /** From the click on Last to the last row on the screen. */
  lastRow: number;
  /** From a text to the only row with it, near the file's end. */
  search: number;
  /** The server's peak resident set. */
  peakBytes: number;
}

/** Measures in a folder of its own. Needs Chromium. */
export async function measureViewer(): Promise<ViewerFigures> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-view-"));
  try {
    const job = await jobOfRows(dir);
    return await measured(dir, job);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs a job of one row, and puts a file of many in the place of its results. @returns its id */
async function jobOfRows(dir: string): Promise<string> {
  writeFileSync(join(dir, "one.jsonl"), `${JSON.stringify({ custom_id: "a", user_message: "?" })}\n`);
  const model = ["--provider", "openai", "--model", "gpt-4.1-mini"];
  execFileSync(process.execPath, [COMMAND, "run", "one.jsonl", ...model, "--sandbox"], { cwd: dir });
  const [job = ""] = readdirSync(join(dir, "out"));
  const row = JSON.parse(readFileSync(join(dir, "out", job, "results.jsonl"), "utf8"));
  const spare = ROW_BYTES - JSON.stringify(row).length;
  const [place] = placesIn(join(dir, ".nightshift"));
  if (!place) throw new Error("the job left no folder");
  const backend = await openPlace(place, { kind: "read" }, { dataDir: join(dir, ".nightshift") });
  const writer = new ObjectWriter(resultsKey(job));
  for (let line = 1; line <= ROWS; line++) {
    row.line = line;
    row.custom_id = `row-${line}`;
    row.response.content = `Answer ${line} ${"x".repeat(spare)}`;
    await writer.write(`${JSON.stringify(row)}\n`);
  }
  await writer.close();
  await backend.close();
  execFileSync(process.execPath, [COMMAND, "results", job, "--out", "all"], { cwd: dir });
  return job;
}

async function measured(dir: string, job: string): Promise<ViewerFigures> {
  const file = join(dir, "all", "results.jsonl");
  const grep = median(
    await each(async () => {
      execFileSync("grep", ["-c", '"status":"succeeded"', file]);
    }),
  );
  const browser = await launchChromium();
  const runs = {
    first: [] as number[],
    cpu: [] as number[],
    last: [] as number[],
    search: [] as number[],
    peak: 0,
  };
  for (let n = 0; n < RUNS; n++) {
    const page = await browser.newPage();
    const begun = performance.now();
    const viewer = spawn(process.execPath, [COMMAND, "view", job], { cwd: dir });
    const [text] = await once(viewer.stdout, "data");
    await page.goto(/http:\S+/.exec(String(text))?.[0] ?? "");
    await page.getByText(/^50 rows/).waitFor();
    runs.first.push(since(begun));
    runs.cpu.push(cpuOf(viewer.pid ?? 0));
    const clicked = performance.now();
    await page.getByRole("button", { name: "Last" }).click();
    await page.getByText(`row-${ROWS}`, { exact: true }).waitFor();
    runs.last.push(since(clicked));
    await page.getByRole("button", { name: "First" }).click();
    await page.getByText("row-1", { exact: true }).waitFor();
    const searched = performance.now();
    await page.getByLabel("Text in the row").fill(`row-${ROWS - 1}`);
    await page.keyboard.press("Enter");
    await page.getByText(`row-${ROWS - 1}`, { exact: true }).waitFor({ timeout: 600_000 });
    runs.search.push(since(searched));
    runs.peak = Math.max(runs.peak, peakBytes(viewer.pid ?? 0));
    viewer.kill("SIGINT");
    await once(viewer, "close");
    await page.close();
  }
  await browser.close();
  return {
    fileBytes: readFileSize(file),
    grep,
    firstRowsCpu: median(runs.cpu),
    ...{ firstRows: median(runs.first), lastRow: median(runs.last), search: median(runs.search) },
    peakBytes: runs.peak,
  };
}

async function each(work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < RUNS; n++) {
    const begun = performance.now();
    await work();
    times.push(since(begun));
  }
  return times;
}

const since = (begun: number) => (performance.now() - begun) / 1000;
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const readFileSize = (file: string) => Number(execFileSync("stat", ["-c", "%s", file]));

/** CPU seconds of a process; Linux counts in hundredths. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
