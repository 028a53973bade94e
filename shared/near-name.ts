/** The name that was probably meant. */

/** Of the known names the one that `name` is a slip of: one or two letters wrong, or written with other signs or case. */
export function nearName(name: string, known: readonly string[]): string | undefined {
  const given = plain(name);
  let best: string | undefined;
  let least = given.length < 5 ? 1 : 2;
  for (const candidate of known) {
    const away = distance(given, plain(candidate), least);
    if (away > least || (best !== undefined && away === least)) continue;
    best = candidate;
    least = away;
  }
  return best;
}

const plain = (name: string) =>
  name
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");

/** Letters to add, remove, replace or swap; more than `most` is given as `most + 1`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const swap =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (before[j - 2] ?? Number.POSITIVE_INFINITY) + 1
          : Number.POSITIVE_INFINITY;
      next[j] = Math.min(
        (row[j - 1] ?? 0) + (isSame ? 0 : 1),
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        swap,
      );
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? most + 1;
}
