/** The names in a text, with spaces or line ends between them. */
export const nameSet = (names: string): ReadonlySet<string> => new Set(names.trim().split(/\s+/));

/** From each name in the texts to the key of its text. */
export function byName<Key extends string>(texts: Readonly<Record<Key, string>>): ReadonlyMap<string, Key> {
  const keys = Object.keys(texts) as Key[];
  return new Map(keys.flatMap((key) => [...nameSet(texts[key])].map((name) => [name, key])));
}

type Pieces<
  Text extends string,
  Between extends string,
> = Text extends `${infer First}${Between}${infer Rest}` ? First | Pieces<Rest, Between> : Text;
/** The names in a text, as a type. */
export type NamesIn<Text extends string> = Exclude<Pieces<Pieces<Text, "\n">, " ">, "">;

/** As `nameSet`. The text compiles only with names of `Known` alone, and with all of `Needed`. */
export const namesOf =
  <Known extends string, Needed extends Known = Known>() =>
  <const Text extends string>(
    names: Text &
      ([NamesIn<Text>, Needed] extends [Known, NamesIn<Text>]
        ? unknown
        : { unknown: Exclude<NamesIn<Text>, Known>; missing: Exclude<Needed, NamesIn<Text>> }),
  ): ReadonlySet<string> =>
    nameSet(names);
