/** Charts, drawn by Observable Plot as SVG. */
import * as Plot from "@observablehq/plot";
import { useEffect, useRef } from "preact/hooks";
import { bucketStart, type HistogramRows } from "../histogram.ts";
import type { RoundTimes } from "../report-data.ts";

const STYLE = { background: "none", fontSize: "12px" };
/** A chart is drawn anew only when its place has changed by so many pixels. */
const STEP = 8;

/** A chart as wide as its place, with its words for those who cannot see it. */
function Chart({ title, label, options }: { title: string; label: string; options: Plot.PlotOptions }) {
  const figure = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = figure.current;
    if (!place) return;
    let drawn = 0;
    const draw = () => {
      const width = Math.floor(place.clientWidth / STEP) * STEP;
      if (width === drawn || width === 0) return;
      drawn = width;
      place.replaceChildren(Plot.plot({ style: STYLE, ariaLabel: label, ...options, width }));
    };
    const watcher = new ResizeObserver(draw);
    watcher.observe(place);
    draw();
    return () => watcher.disconnect();
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
    x: { type: "symlog", label: "tokens", ticks: 4, tickFormat: "~s" },
    y: { label: "rows", grid: true, ticks: 4, tickFormat: "~s" },
    marks: [
      Plot.rectY(bars, { x1: "from", x2: "to", y: "count", fill: "var(--accent)", insetRight: 1 }),
      Plot.ruleY([0]),
    ],
  };
  return <Chart title={title} label={label} options={options} />;
}

export function NumberChart({ title, counts }: { title: string; counts: [string, number][] }) {
  const numbers = counts.flatMap(([text, count]) =>
    Number.isFinite(Number(text)) ? [{ n: Number(text), count }] : [],
  );
  const bins = { x: "n", y: "count", fill: "var(--accent)" };
  const options: Plot.PlotOptions = {
    height: 180,
    x: { label: null, ticks: 5, tickFormat: "~s" },
    y: { label: "answers", grid: true, ticks: 4, tickFormat: "~s" },
    marks: [Plot.rectY(numbers, Plot.binX({ y: "sum" }, bins)), Plot.ruleY([0])],
  };
  return <Chart title={title} label={`${title}: how often each number came`} options={options} />;
}

export function CountChart({ title, counts }: { title: string; counts: [string, number][] }) {
  const rows = counts.slice(0, 12).map(([name, count]) => ({ name, count }));
  const options: Plot.PlotOptions = {
    height: 40 + rows.length * 24,
    marginLeft: 150,
    marginRight: 60,
    x: { label: null, grid: true, ticks: 3, tickFormat: "~s" },
    y: { type: "band", label: null, tickFormat: (name: string) => short(name, 22) },
    marks: [
      Plot.barX(rows, { x: "count", y: "name", fill: "var(--accent)", sort: { y: null } }),
      Plot.text(rows, {
        ...{ x: "count", y: "name", textAnchor: "start", dx: 4 },
        text: (d) => d.count.toLocaleString("en"),
      }),
      Plot.ruleX([0]),
    ],
  };
  return (
    <Chart title={title} label={`${title}: ${counts.map((c) => c.join(" ")).join(", ")}`} options={options} />
  );
}

/** What a round does, and how it is drawn. */
const PHASES: [phase: string, colour: string][] = [
  ["waiting", "var(--line)"],
  ["at the provider", "var(--accent)"],
  ["finalizing", "var(--accent-soft)"],
  ["cancelling", "var(--warn)"],
  ["ended, until collected", "var(--good)"],
];
/** Rounds from which their bars are thin. */
const MANY = 40;

/** When each round of each batch waited, was at the provider, and was collected. */
export function Timeline({ rounds, end }: { rounds: RoundTimes[]; end: number }) {
  const bars = rounds.flatMap((round) => {
    const next = rounds.find((other) => other.batch === round.batch && other.round === round.round + 1);
    return spansOf(round, round.collected_at ?? next?.created_at ?? end).map(({ phase, from, to }) => ({
      ...{ name: nameOf(round), phase, from: at(from), to: at(to) },
    }));
  });
  const ends = rounds.map((round) => ({
    name: nameOf(round),
    at: at(round.collected_at ?? end),
    text: round.status === "completed" ? "" : round.status,
  }));
  const label = rounds.map((round) => `${nameOf(round)}: ${round.status}`).join(", ");
  const options: Plot.PlotOptions = {
    height: 70 + rounds.length * (rounds.length > MANY ? 14 : 22),
    marginLeft: 120,
    marginRight: 60,
    color: {
      domain: PHASES.map(([phase]) => phase),
      range: PHASES.map(([, colour]) => colour),
      legend: true,
    },
    x: { type: "time", label: null, grid: true, ticks: 5 },
    y: { type: "band", label: null },
    marks: [
      Plot.barX(bars, {
        x1: "from",
        x2: "to",
        y: "name",
        fill: "phase",
        sort: { y: null },
        insetTop: 1,
        insetBottom: 1,
      }),
      Plot.text(ends, { x: "at", y: "name", text: "text", textAnchor: "start", dx: 5, fill: "var(--bad)" }),
    ],
  };
  return <Chart title="" label={label} options={options} />;
}

const nameOf = ({ batch, round }: RoundTimes) => `batch ${batch}${round === 1 ? "" : `, round ${round}`}`;
const at = (seconds: number) => new Date(seconds * 1000);
const short = (text: string, characters: number) =>
  text.length > characters ? `${text.slice(0, characters - 1)}…` : text;

/** A phase of a round. Times are Unix seconds. */
interface Span {
  phase: string;
  from: number;
  to: number;
}

/** The phases of a round in order; `until`: its end. Clocks that differ make no phase end before it begins. */
function spansOf(round: RoundTimes, until: number): Span[] {
  const { created_at, submitted_at, provider_ended_at, times = {} } = round;
  const starts: [phase: string, at: number | undefined][] = [
    ["waiting", created_at],
    ["at the provider", submitted_at],
    ["finalizing", submitted_at && times.finalizing],
    ["cancelling", submitted_at && times.cancelling],
    ["ended, until collected", submitted_at && provider_ended_at],
  ];
  const reached = starts.flatMap(([phase, at]) => (at === undefined ? [] : [{ phase, at }]));
  return reached.flatMap(({ phase, at }, n) => {
    const from = Math.min(Math.max(created_at, at), until);
    const to = Math.min(Math.max(from, reached[n + 1]?.at ?? until), until);
    return to > from ? [{ phase, from, to }] : [];
  });
}
