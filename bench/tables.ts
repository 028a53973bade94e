/** Measurements as Markdown tables. */
import type { JobSize, Step, StepMeasurement } from "./job.ts";
import type { Measurement } from "./measure/meter.ts";
import { IDS } from "./seen-ids.ts";

/** One line of the table: a step at a size. */
export interface BenchRow extends JobSize {
  step: Step;
  bytes: number;
  /** Medians; `rss` is the highest. */
  cpu: number;
  floorCpu: number;
  /** With the step's output; 0 for steps other than collect. */
  writtenCpu: number;
  startCpu: number;
  wall: number;
  rss: number;
  floorRss: number;
}

/** The steps of a job that was run once or more often. */
export function rowOf(size: JobSize, runs: { bytes: number; steps: StepMeasurement[] }[]): BenchRow[] {
  const steps = runs[0]?.steps.map(({ step }) => step) ?? [];
  return steps.map((step) => {
    const all = runs.flatMap((run) => run.steps.filter((one) => one.step === step));
    const of = (pick: (one: StepMeasurement) => number) => median(all.map(pick));
    return {
      ...size,
      step,
      bytes: runs[0]?.bytes ?? 0,
      cpu: of(({ measured }) => measured.cpu),
      floorCpu: of(({ floor }) => floor.cpu),
      writtenCpu: of(({ written }) => written?.cpu ?? 0),
      startCpu: of(({ measured }) => measured.startCpu),
      wall: of(({ measured }) => measured.wall),
      rss: Math.max(...all.map(({ measured }) => measured.rss)),
      floorRss: Math.max(...all.map(({ floor, written }) => Math.max(floor.rss, written?.rss ?? 0))),
    };
  });
}

/** The middle of some figures. */
export function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** The steps table. */
export function stepsTable(rows: BenchRow[]): string {
  return table(
    [
      "provider",
      "items",
      "input MB",
      "step",
      "CPU s",
      "floor CPU s",
      "ratio",
      "floor with output",
      "µs CPU an item",
      "items/s",
      "peak RSS MB",
      "floor's",
    ],
    rows.map((row) => [
      row.provider,
      number.format(row.items),
      number.format(row.bytes / 1e6),
      row.step,
      row.cpu.toFixed(2),
      row.floorCpu.toFixed(2),
      (row.cpu / row.floorCpu).toFixed(2),
      row.writtenCpu > 0 ? row.writtenCpu.toFixed(2) : "",
      ((row.cpu / row.items) * 1e6).toFixed(1),
      number.format(row.items / row.wall),
      number.format(row.rss),
      number.format(row.floorRss),
    ]),
  );
}

/** The table of the set of ids. */
export function seenIdsTable({ cpu, wall, rss }: Measurement): string {
  return table(
    ["custom_ids", "CPU s", "ids/s", "peak RSS MB"],
    [[number.format(IDS), cpu.toFixed(2), number.format(IDS / wall), number.format(rss)]],
  );
}

/** A Markdown table. */
export function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}
