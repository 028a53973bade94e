/** Numbers for people. */
let format: Intl.NumberFormat | undefined;

/** `117,659` */
export function number(value: number): string {
  // Made when it is first needed: to load the rules of a language takes 12 ms of CPU.
  format ??= new Intl.NumberFormat("en-US");
  return format.format(value);
}

/** `1 batch`, `2 batches` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** Seconds as `4.2 s`, `3 min 20 s` or `5 h 12 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Seconds in few characters: `4s`, `3m`, `5h 12m`. */
export function shortDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m`;
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
}

/** A text on one line, without control characters, cut to a width. */
export function oneLine(text: string, width: number): string {
  const line = text
    .slice(0, width * 4)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .toWellFormed();
  return line.length > width ? `${line.slice(0, width - 1).toWellFormed()}…` : line;
}
