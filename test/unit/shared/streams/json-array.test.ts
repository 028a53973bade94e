import { describe, expect, test } from "vitest";
import { openReader, START } from "../../../../shared/streams/reader.ts";
import { textSource } from "../../../harness/sources.ts";

async function read(text: string, chunkBytes?: number) {
  const reader = await openReader(textSource(text, "t.json", chunkBytes));
  const rows = [];
  for await (const chunk of reader.rows(START)) rows.push(...chunk);
  return { rows, reader };
}

const ELEMENTS = ['{"a": [1, {"b": "]}\\","}]}', '{"é": "\\\\"}', "7", '"x,]"', '{\n "c": 1.0\n}'];
const TEXT = `\ufeff[ ${ELEMENTS[0]},\r\n${ELEMENTS[1]} , ${ELEMENTS.slice(2).join(",")}\n]\n `;

describe.each([1, 2, 5, 65_536])("in chunks of %i bytes", (size) => {
  test("each element is a row, as it is written", async () => {
    const { rows } = await read(TEXT, size);
    expect(rows.map(({ bytes }) => bytes?.toString().trim())).toEqual(ELEMENTS);
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  test("reading resumes at the byte of any element", async () => {
    const { rows, reader } = await read(TEXT, size);
    for (const [at, { number, start }] of rows.entries()) {
      const rest = [];
      for await (const chunk of reader.rows({ number: number - 1, start })) rest.push(...chunk);
      expect(rest).toEqual(rows.slice(at));
    }
  });
});

test.each([
  ['[{"a":1},{"a":2}', "is a JSON array without its end: it was cut after element 1"],
  ['[{"a":1}] x', "has more behind the end of its JSON array, at byte 10"],
])("%j is refused", async (text, sentence) => {
  await expect(read(text)).rejects.toThrow(sentence);
});

test("an element above the limit is that row's fault", async () => {
  const { rows } = await read(`[{"a":"${"x".repeat(21 * 1024 * 1024)}"},{"b":1}]`);
  expect(rows.map(({ tooLong }) => tooLong ?? false)).toEqual([true, false]);
});
