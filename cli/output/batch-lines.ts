/** A batch in words. */
import type { BatchProgress } from "../job/batch-progress.ts";
import { counted, duration, oneLine } from "./numbers.ts";

const WIDTH = 160;

/** Where it is: `at the provider (in_progress)`, `waits for room in the provider's token queue`. */
export function whereText({ state, round, record }: BatchProgress): string {
  const again = round > 1 ? `round ${round}, ` : "";
  if (state === "running") return `${again}${runningText(record)}`;
  if (state === "collecting") return `${again}fetching the answers`;
  if (state === "stopped") return oneLine(`failed for good: ${record.error}`, WIDTH);
  if (state === "done") return "done";
  if (record.collected) return `${counted(record.items_left ?? 0, "item")} left for round ${round + 1}`;
  return `${again}waits for ${record.waiting_for ?? "its turn"}`;
}

function runningText({ real_time, status }: BatchProgress["record"]): string {
  return real_time ? "asked in real time" : `at the provider (${status})`;
}

/** What comes next, and when; empty when nothing was said. `now` in Unix seconds. */
export function nextText({ record, state }: BatchProgress, now: number): string {
  if (record.next_poll_at === undefined || state === "done") return "";
  const left = record.next_poll_at - now;
  const what = state === "waiting" ? "next try" : "next poll";
  return left > 0 ? `${what} in ${duration(left)}` : `${what} is due`;
}

/** The last thing that went wrong and may go right the next time; empty when nothing did. */
export function troubleText({ record }: BatchProgress, now: number): string {
  const { trouble } = record;
  return trouble ? oneLine(`${duration(now - trouble.at)} ago: ${trouble.message}`, WIDTH) : "";
}
