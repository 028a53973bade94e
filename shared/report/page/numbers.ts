/** Numbers and times as people read them. */

/** 1,234. */
export const whole = (value: number) => value.toLocaleString("en");

/** US dollars: small sums with as many digits as they need. */
export function dollars(value: number | null | undefined): string {
  if (value === null || value === undefined) return "unknown";
  return `$${value.toLocaleString("en", value < 1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 })}`;
}

/** 42 s, 3 min 5 s, 2 h 10 min. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** Unix seconds as a local date and time. */
export const moment = (seconds: number) => new Date(seconds * 1000).toLocaleString();

/** A share in per cent. */
export const share = (part: number, all: number) =>
  all === 0 ? "" : `${((100 * part) / all).toFixed(part * 100 < all ? 1 : 0)} %`;
