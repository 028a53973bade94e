/** What a round did when. */
import type { RoundTimes } from "../report-data.ts";

/** A phase of a round. Times are Unix seconds. */
export interface Span {
  phase: string;
  from: number;
  to: number;
}

/** The phases of a round in order; `until`: its end. Clocks that differ make no phase end before it begins. */
export function spansOf(round: RoundTimes, until: number): Span[] {
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
