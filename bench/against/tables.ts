/** From a table to request files, beside the library that reads such tables, alone. */
import type { Bundles } from "../measure/bundle.ts";
import { type FloorWork, run } from "../measure/run.ts";
import { environmentOf, startServices } from "../services/services.ts";
import { median, table } from "../tables.ts";
import { putTable, type TableFormat } from "./table-input.ts";

const LIBRARIES = { csv: "csv-parse", parquet: "hyparquet" };
const ROW_BYTES = 1000;
const WARM_UP_ROWS = 100;
const JOB = { provider: "openai", model: "gpt-4.1-mini", prompt: "Sort this: {{text}}" };

/** One format's figures: medians of CPU seconds, and the highest peak in MB. */
export interface TableFigures {
  format: TableFormat;
  rows: number;
  bytes: number;
  cpu: number;
  libraryCpu: number;
  /** The library, with the least that writes the same output; 0 for CSV. */
  writtenCpu: number;
  rss: number;
}

/** Prepares a job of a CSV and of a Parquet file of so many rows, in alternation with the library. */
export async function measureTables(
  bundles: Bundles,
  nodeOptions: string[],
  rows: number,
  repeat: number,
): Promise<TableFigures[]> {
  const all: TableFigures[] = [];
  for (const format of ["csv", "parquet"] as const) {
    const runs: Omit<TableFigures, "format" | "rows">[] = [];
    for (let n = 0; n < repeat; n++) runs.push(await measureTable(format, bundles, nodeOptions, rows));
    all.push({
      format,
      rows,
      bytes: runs[0]?.bytes ?? 0,
      cpu: median(runs.map(({ cpu }) => cpu)),
      libraryCpu: median(runs.map(({ libraryCpu }) => libraryCpu)),
      writtenCpu: median(runs.map(({ writtenCpu }) => writtenCpu)),
      rss: Math.max(...runs.map(({ rss }) => rss)),
    });
  }
  return all;
}

async function measureTable(format: TableFormat, bundles: Bundles, nodeOptions: string[], rows: number) {
  const services = await startServices();
  const { s3, environment } = services;
  try {
    const [warmUp, key] = [`inbox/warm-up.${format}`, `inbox/rows.${format}`];
    await putTable(s3, warmUp, format, WARM_UP_ROWS, ROW_BYTES);
    const bytes = await putTable(s3, key, format, rows, ROW_BYTES);
    const alone = { warmUp, sources: [key], table: format };
    const floor = (work: FloorWork) => run(bundles.path("floor"), work, environment, nodeOptions);
    const library = await floor(alone);
    const written = format === "parquet" ? (await floor({ ...alone, writes: true })).measurement.cpu : 0;
    const eventOf = (of: string) => ({ execution: `bench-${of}`, input: { key: of, job: JOB } });
    const work = { warmUp: eventOf(warmUp), events: [eventOf(key)] };
    const { measurement } = await run(
      bundles.path("prepare-job"),
      work,
      environmentOf("prepare-job", services),
      nodeOptions,
    );
    const { cpu, rss } = measurement;
    return { bytes, cpu, libraryCpu: library.measurement.cpu, writtenCpu: written, rss };
  } finally {
    services.close();
  }
}

/** The figures as Markdown. */
export function tablesTable(figures: TableFigures[]): string {
  const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  return table(
    [
      "input",
      "rows",
      "MB",
      "prepare CPU s",
      "library alone CPU s",
      "ratio",
      "and the same output CPU s",
      "peak RSS MB",
    ],
    figures.map(({ format, rows, bytes, cpu, libraryCpu, writtenCpu, rss }) => [
      format,
      number.format(rows),
      number.format(bytes / 1e6),
      cpu.toFixed(2),
      `${libraryCpu.toFixed(2)} (${LIBRARIES[format]})`,
      (cpu / libraryCpu).toFixed(2),
      writtenCpu > 0 ? writtenCpu.toFixed(2) : "",
      number.format(rss),
    ]),
  );
}
