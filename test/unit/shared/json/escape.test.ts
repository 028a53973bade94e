import { expect, test } from "vitest";
import { Escaper } from "../../../../shared/json/escape.ts";

const PIECES = [
  "a",
  "word ",
  " ",
  '"',
  "\\",
  "\n",
  "\u0000",
  "\u001f",
  "\u007f",
  "é",
  "“",
  "日",
  "😀",
  "\u2028",
  "!",
  "#",
  "[",
  "]",
  "\u0080",
];

test("escapes as JSON.stringify does, wherever a text lies in its memory", () => {
  const escaper = new Escaper();
  const memory = Buffer.from(new ArrayBuffer(2000));
  let random = 1;
  const next = (below: number) => {
    random = (random * 48271) % 2147483647;
    return random % below;
  };
  for (let run = 0; run < 20_000; run++) {
    // Half of the texts have nothing to escape.
    const pieces = run % 2 === 0 ? PIECES : PIECES.filter((piece) => JSON.stringify(piece) === `"${piece}"`);
    const text = Array.from({ length: next(40) }, () => pieces[next(pieces.length)]).join("");
    memory.fill(next(2) === 0 ? 0 : 0x22);
    const start = next(9);
    const length = memory.write(text, start);
    const escaped = escaper.escape(memory.subarray(start, start + length)).toString("utf8");
    expect(`"${escaped}"`).toBe(JSON.stringify(text));
  }
});

test("a long text, and each character on its own", () => {
  const escaper = new Escaper();
  const long = `${"x".repeat(70_000)}"\n${"é".repeat(70_000)}`;
  expect(`"${escaper.escape(Buffer.from(long))}"`).toBe(JSON.stringify(long));
  for (let code = 0; code < 0x800; code++) {
    const text = `abcd${String.fromCharCode(code)}efgh`;
    expect(`"${escaper.escape(Buffer.from(text))}"`).toBe(JSON.stringify(text));
  }
});
