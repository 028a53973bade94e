import { type EdgeLabel, Graph, layout, type NodeLabel } from "@dagrejs/dagre";
import { type DrawnMachine, type DrawnState, type Transition, transitions } from "./transitions.ts";

/** A state with its place; `x` and `y` are its centre, in pixels from the picture's corner. */
export interface Box {
  name: string;
  state: DrawnState;
  /** What a task calls; empty for the others. */
  calls: string;
  x: number;
  y: number;
  width: number;
  height: number;
  /** The machine inside a Map, with coordinates of its own. */
  inside: Picture | null;
}

/** A transition with its course, and the place of its label. */
export interface Arrow extends Transition {
  points: { x: number; y: number }[];
  x: number;
  y: number;
}

/** A machine that has been laid out. */
export interface Picture {
  width: number;
  height: number;
  boxes: Box[];
  arrows: Arrow[];
}

/** Room for a Map's title, and around what is inside it. */
export const MAP_TITLE = 34;
const MAP_MARGIN = 14;

/** Finds a place for everything, from the top down. */
export function laidOut(machine: DrawnMachine, tasks: Readonly<Record<string, string>>): Picture {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 36, ranksep: 34, edgesep: 18, marginx: 10, marginy: 10 });
  const sized = Object.entries(machine.States).map(([name, state]) => {
    const inside = state.ItemProcessor ? laidOut(state.ItemProcessor, tasks) : null;
    const calls = tasks[name] ?? "";
    return { name, state, calls, inside, ...sizeOf(name, calls, state, inside) };
  });
  for (const { name, width, height } of sized) graph.setNode(name, { width, height });
  const ways = transitions(machine);
  for (const [i, way] of ways.entries()) {
    const label = way.label
      ? { width: labelWidth(way.label), height: 16, labelpos: "c" as const }
      : { width: 0, height: 0 };
    // The main way is kept straight; failures go around.
    graph.setEdge(way.from, way.to, { ...label, weight: way.kind === "next" ? 2 : 1 }, String(i));
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    boxes: sized.map((box) => {
      const { x = 0, y = 0 } = graph.node(box.name) as NodeLabel;
      return { ...box, x, y };
    }),
    arrows: ways.map((way, i) => {
      const {
        points = [],
        x = 0,
        y = 0,
      } = graph.edge({ v: way.from, w: way.to, name: String(i) }) as EdgeLabel;
      return { ...way, points, x, y };
    }),
  };
}

export function labelWidth(label: string): number {
  return Math.max(26, label.length * 6.4 + 8);
}

function sizeOf(name: string, calls: string, state: DrawnState, inside: Picture | null) {
  if (inside) return { width: inside.width + 2 * MAP_MARGIN, height: inside.height + MAP_TITLE + MAP_MARGIN };
  // Widths of letters at the sizes that `svg.ts` writes them.
  const width = Math.max(name.length * 8, calls.length * 6.2) + (state.Type === "Choice" ? 48 : 28);
  return { width, height: calls ? 46 : 34 };
}
