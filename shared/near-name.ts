/** The name that was probably meant. */

/** The known name that `name` is a slip of: one or two letters are wrong, or signs or case differ. */
export function nearName(name: string, known: readonly string[]): string | undefined {
  const given = plain(name);
  let best: string | undefined;
  let least = given.length < 5 ? 1 : 2;
  for (const candidate of known) {
    const away = editsBetween(given, plain(candidate));
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

/** Names that a user may take for a setting: they belong into `defaults`. */
const OF_ITEMS = ["temperature", "max_tokens", "extra"];

/** What a person can do about a name that is no setting; undefined when it is like none of them. */
export function settingMeant(name: string, settings: readonly string[]): string | undefined {
  const near = nearName(name, [...settings, ...OF_ITEMS]);
  if (near === undefined) return undefined;
  return OF_ITEMS.includes(near) ? `give ${near} in defaults: {"${near}": …}` : `did you mean ${near}?`;
}

/** Letters to insert, remove, replace or swap with their neighbour to get from one text to the other. */
export function editsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row++) {
    const now = [row];
    rows.push(now);
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const edits = [at(row - 1, column) + 1, (now[column - 1] ?? row) + 1, replaced];
      now.push(Math.min(...edits, swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY));
    }
  }
  return at(a.length, b.length);
}
