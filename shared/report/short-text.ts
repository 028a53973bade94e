/** Text of at most `characters`, well formed; `…` stands for what was cut. */
export function shortText(text: string, characters: number): string {
  const short = text.length > characters ? `${text.slice(0, characters)}…` : text;
  return short.toWellFormed();
}
