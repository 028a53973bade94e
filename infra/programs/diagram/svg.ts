import type { SynthesizedDefinition } from "../machine-tasks.ts";
import { type Arrow, type Box, labelWidth, laidOut, MAP_TITLE, type Picture } from "./layout.ts";
import type { DrawnMachine } from "./transitions.ts";

/** Fill and stroke, by what a state does. */
// biome-ignore lint/plugin: types of states are those of our definition
const COLOURS: Record<string, readonly [string, string]> = {
  lambda: ["#fff4e5", "#d9822b"],
  event: ["#fdeaf4", "#c2407f"],
  Choice: ["#f3f0fb", "#7a5cc2"],
  Wait: ["#e8f2fd", "#3b7dc4"],
  Succeed: ["#e7f6ea", "#3a9150"],
  Fail: ["#fdeaea", "#c94343"],
  Pass: ["#f2f3f5", "#7c8594"],
  Map: ["#fafbfc", "#7c8594"],
};

const HEAD = `<defs>
<marker id="next" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#4a5464"/></marker>
<marker id="failure" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#c94343"/></marker>
</defs>`;

/** The state machine as an SVG: solid arrows are the way, dashed ones what failures take. */
export function drawing({ definition, tasks }: SynthesizedDefinition): string {
  const picture = laidOut(definition as DrawnMachine, tasks);
  const [width, height] = [Math.ceil(picture.width), Math.ceil(picture.height)];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" text-anchor="middle">
<title>Nightshift's state machine</title>
${HEAD}
<rect width="${width}" height="${height}" rx="10" fill="#ffffff"/>
${contents(picture)}
</svg>
`;
}

function contents({ boxes, arrows }: Picture): string {
  return [...arrows.map(arrow), ...boxes.map(box)].join("\n");
}

function box(of: Box): string {
  const [x, y] = [of.x - of.width / 2, of.y - of.height / 2];
  const [fill, stroke] = COLOURS[of.calls ? kindOf(of.calls) : of.state.Type] ?? ["#ffffff", "#4a5464"];
  const paint = `fill="${fill}" stroke="${stroke}" stroke-width="1.5"`;
  const name = `data-state="${of.name}"`;
  if (of.inside) {
    return `<rect ${name} x="${n(x)}" y="${n(y)}" width="${n(of.width)}" height="${n(of.height)}" rx="10" ${paint} stroke-dasharray="6 4"/>
${text(of.x, y + 21, 14, `${of.name}: one child execution for each batch`, "bold")}
<g transform="translate(${n(of.x - of.inside.width / 2)} ${n(y + MAP_TITLE)})">
${contents(of.inside)}
</g>`;
  }
  const corner = of.state.Type === "Choice" ? of.height / 2 : 7;
  const shape = `<rect ${name} x="${n(x)}" y="${n(y)}" width="${n(of.width)}" height="${n(of.height)}" rx="${corner}" ${paint}/>`;
  if (!of.calls) return `${shape}\n${text(of.x, of.y + 5, 14, of.name, "bold")}`;
  return `${shape}\n${text(of.x, of.y - 3, 14, of.name, "bold")}\n${text(of.x, of.y + 14, 11, of.calls)}`;
}

function arrow({ points, kind, label, x, y }: Arrow): string {
  const colour = kind === "failure" ? "#c94343" : "#4a5464";
  const dashes = kind === "failure" ? ' stroke-dasharray="5 4"' : "";
  const line = `<path d="${smooth(points)}" fill="none" stroke="${colour}" stroke-width="1.5"${dashes} marker-end="url(#${kind})"/>`;
  if (!label) return line;
  const width = labelWidth(label);
  const back = `<rect x="${n(x - width / 2)}" y="${n(y - 8)}" width="${n(width)}" height="16" rx="4" fill="#ffffff"/>`;
  return `${line}\n${back}\n${text(x, y + 4, 12, label)}`;
}

/** A line through the middles between the points, bent at the points. */
function smooth(points: Arrow["points"]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) return "";
  const bends = rest.slice(0, -1).map((point, i) => {
    const next = rest[i + 1] ?? last;
    return `Q${n(point.x)} ${n(point.y)} ${n((point.x + next.x) / 2)} ${n((point.y + next.y) / 2)}`;
  });
  return [`M${n(first.x)} ${n(first.y)}`, ...bends, `L${n(last.x)} ${n(last.y)}`].join("");
}

function text(x: number, y: number, size: number, content: string, weight = "normal"): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${n(x)}" y="${n(y)}" font-size="${size}" font-weight="${weight}" fill="#1f2733">${escaped}</text>`;
}

function kindOf(calls: string): string {
  return calls.startsWith("functions/") ? "lambda" : "event";
}

/** Rounds to tenths of a pixel: they look better than whole pixels, and keep diffs small. */
function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}
