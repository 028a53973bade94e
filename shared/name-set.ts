/** The names in a text, with spaces or line ends between them. */
export const nameSet = (names: string): ReadonlySet<string> => new Set(names.trim().split(/\s+/));
