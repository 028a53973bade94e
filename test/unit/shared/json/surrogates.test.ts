import { expect, test } from "vitest";
import { hasLoneSurrogate, loneSurrogateIn } from "../../../../shared/json/surrogates.ts";

test.each([
  ['"plain"', false],
  ['"\\ud83d\\ude00 \\uD83D\\uDE00"', false],
  ['"\\\\ud83d is text"', false],
  ['"cut \\ud83d"', true],
  ['"\\ude00 alone"', true],
  ['"\\ud83dx\\ude00"', true],
  ['"\\ud83d\\ud83d\\ude00"', true],
  ['"\\ud83d\\n\\ude00"', true],
])("a lone surrogate in %s: %s", (text, expected) => {
  expect(hasLoneSurrogate(text)).toBe(expected);
  expect(loneSurrogateIn({ a: [1, { b: JSON.parse(text) }] })).toBe(expected ? "a.1.b" : undefined);
});

test("a name with half a pair is found, too", () => {
  expect(loneSurrogateIn({ a: { "\ud83d": 1 } })).toBe("a");
});
