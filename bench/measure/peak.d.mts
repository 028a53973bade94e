export function peakBytes(pid?: number | "self"): number;
