/** Hours of a `completion_window`: `24h`, `7d`. */
export function hoursOf(window: string): number {
  const number = Number.parseInt(window, 10);
  return window.endsWith("d") ? number * 24 : number;
}
