/** Charts, drawn by Observable Plot as SVG. */
import * as Plot from "@observablehq/plot";
import { useEffect, useRef } from "preact/hooks";
import type { HistogramRows } from "../histogram.ts";
import { bucketStart } from "../histogram.ts";
import type { RoundTimes } from "../report-data.ts";

const STYLE = { background: "none", fontSize: "12px" };

/** A chart with its words for those who cannot see it. */
function Chart({ title, label, options }: { title: string; label: string; options: Plot.PlotOptions }) {
  const figure = useRef<HTMLDivElement>(null);
  useEffect(() => {
    figure.current?.replaceChildren(Plot.plot({ style: STYLE, ariaLabel: label, width: 480, ...options }));
  }, [options, label]);
  return (
    <figure>
      {title && <h3>{title}</h3>}
      <div ref={figure} role="img" aria-label={label} />
    </figure>
  );
}

/** How often a number was in which range. */
export function TokenChart({ title, rows }: { title: string; rows: HistogramRows }) {
  const bars = rows.map(([bucket, count]) => ({
    from: bucketStart(bucket),
    to: bucketStart(bucket + 1),
    count,
  }));
  const label = `${title}: ${bars.map(({ from, count }) => `${Math.round(from)}: ${count}`).join(", ")}`;
  const options: Plot.PlotOptions = {
    height: 180,
    x: { type: "symlog", label: "tokens", ticks: 5, tickFormat: "~s" },
    y: { label: "rows", grid: true, ticks: 4 },
    marks: [
      Plot.rectY(bars, { x1: "from", x2: "to", y: "count", fill: "var(--accent)", insetRight: 1 }),
      Plot.ruleY([0]),
    ],
  };
  return <Chart title={title} label={label} options={options} />;
}

/** Names with their counts, as bars. */
export function CountChart({ title, counts }: { title: string; counts: [string, number][] }) {
  const rows = counts.slice(0, 12).map(([name, count]) => ({ name, count }));
  const options: Plot.PlotOptions = {
    height: 40 + rows.length * 24,
    marginLeft: 150,
    marginRight: 50,
    x: { label: null, grid: true, ticks: 4, tickFormat: "~s" },
    y: {
      type: "band",
      label: null,
      tickFormat: (name: string) => (name.length > 22 ? `${name.slice(0, 21)}…` : name),
    },
    marks: [
      Plot.barX(rows, { x: "count", y: "name", fill: "var(--accent)", sort: { y: null } }),
      Plot.text(rows, { x: "count", y: "name", text: (d) => String(d.count), textAnchor: "start", dx: 4 }),
      Plot.ruleX([0]),
    ],
  };
  return (
    <Chart title={title} label={`${title}: ${counts.map((c) => c.join(" ")).join(", ")}`} options={options} />
  );
}

const PHASES = ["waiting", "at the provider", "collecting"];

/** When each round of each batch waited, was at the provider, and was collected. */
export function Timeline({ rounds, end }: { rounds: RoundTimes[]; end: number }) {
  const bars = rounds.flatMap((round) => {
    const { batch, created_at, submitted_at, provider_ended_at, collected_at } = round;
    const name = round.round === 1 ? `batch ${batch}` : `batch ${batch}, round ${round.round}`;
    const next = rounds.find((other) => other.batch === batch && other.round === round.round + 1);
    const until = collected_at ?? next?.created_at ?? end;
    const stops = [created_at, submitted_at ?? until, provider_ended_at ?? until, until];
    return PHASES.map((phase, n) => ({ name, phase, from: at(stops[n]), to: at(stops[n + 1]) }));
  });
  const label = rounds.map((r) => `batch ${r.batch} round ${r.round}: ${r.status}`).join(", ");
  const options: Plot.PlotOptions = {
    width: 980,
    height: 70 + new Set(bars.map(({ name }) => name)).size * 22,
    marginLeft: 130,
    color: { domain: PHASES, range: ["var(--line)", "var(--accent)", "var(--good)"], legend: true },
    x: { type: "time", label: null, grid: true, ticks: 7 },
    y: { type: "band", label: null },
    marks: [Plot.barX(bars, { x1: "from", x2: "to", y: "name", fill: "phase", sort: { y: null }, inset: 1 })],
  };
  return <Chart title="" label={label} options={options} />;
}

const at = (seconds: number | undefined) => new Date((seconds ?? 0) * 1000);
