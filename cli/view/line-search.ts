/** Narrows `low` to `high` down to `near`, so that no line behind `line` is at `low`. `lineAt`: the first line from a place on. */
export async function lastUpTo(
  line: number,
  low: number,
  high: number,
  near: number,
  lineAt: (place: number) => Promise<number | undefined>,
): Promise<number> {
  while (high - low > near) {
    const middle = Math.floor((low + high) / 2);
    if (((await lineAt(middle)) ?? Infinity) > line) high = middle;
    else low = middle;
  }
  return low;
}
