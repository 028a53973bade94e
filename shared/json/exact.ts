/** Settings in JSON. A number that a double would round is refused: the provider would get other digits. */

/**
 * The value of a JSON text.
 * @throws SyntaxError when it is none; RangeError naming a whole number that is too long
 */
export function exactJson(text: string): unknown {
  return JSON.parse(text, (_key, value, context?: { source?: string }) => {
    const source = context?.source;
    if (typeof value === "number" && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source))
      throw tooLong(source);
    return value;
  });
}

/** A value with numbers in place of its bigints. `rounds`: also of too long ones. @throws RangeError as `exactJson` */
export function exactNumbers(value: unknown, rounds = false): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    if (rounds || Number.isSafeInteger(number)) return number;
    throw tooLong(String(value));
  }
  if (Array.isArray(value)) return value.map((inner) => exactNumbers(inner, rounds));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, exactNumbers(inner, rounds)]),
  );
}

function tooLong(digits: string): RangeError {
  return new RangeError(
    `the number ${digits.slice(0, 40)} is too long for a setting; give it as text, or in the extra of each row, which keeps all digits`,
  );
}
