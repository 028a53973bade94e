import { expect, test } from "vitest";
import { Utf8Text } from "../../../../shared/streams/utf8-text.ts";

const TEXTS = [
  "",
  "a",
  "short",
  "x".repeat(31),
  "y".repeat(33),
  "é",
  "“kurz”",
  "z".repeat(5000),
  "漢😀".repeat(400),
  "\ud83d",
];

test("strings and bytes are appended as UTF-8, however long they are", () => {
  const text = new Utf8Text();
  for (const one of TEXTS) text.add(one).add(Buffer.from(one)).addAll(new Utf8Text().add(one));
  const due = Buffer.from(TEXTS.map((one) => one.repeat(3)).join(""));
  expect(text.view.equals(due)).toBe(true);
  expect(text.bytes).toBe(due.length);
  expect(String(text)).toBe(due.toString());
});

test("it is used again for the next text, also behind one that was very long", () => {
  const text = new Utf8Text();
  text.add("é".repeat(2_000_000));
  expect(text.bytes).toBe(4_000_000);
  expect(String(text.clear())).toBe("");
  expect(String(text.add("next"))).toBe("next");
});
