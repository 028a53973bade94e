import type { PageHeader } from "hyparquet";
import { expect, test } from "vitest";
import { dictionaryTexts } from "../../../../shared/streams/parquet-page.ts";

/** Reads eight values, one in eight missing, of a page in the first version that is not packed. */
function read(body: number[]) {
  const size = body.length;
  const header = {
    compressed_page_size: size,
    uncompressed_page_size: size,
    data_page_header: { num_values: 8, encoding: "RLE_DICTIONARY" },
  } as PageHeader;
  const page = { header, view: new DataView(Uint8Array.from(body).buffer), offset: 0 };
  const decoder = { codec: "UNCOMPRESSED", element: { name: "a", repetition_type: "OPTIONAL" } };
  const next = dictionaryTexts(page, decoder as Parameters<typeof dictionaryTexts>[1], ["x", "y", "z"]);
  return Array.from({ length: 8 }, next);
}

/** Four bytes of a length, the levels, the bits of a place, and a run of places behind twice its length. */
const page = (length: number, levels: number[], place: number, run = 7) => [
  length,
  0,
  0,
  0,
  ...levels,
  2,
  2 * run,
  place,
];
const ONE_MISSING = [3, 0b11111101];

test("a page's values by their places in the dictionary", () => {
  expect(read(page(2, ONE_MISSING, 2))).toEqual(["z", null, "z", "z", "z", "z", "z", "z"]);
});

// The first gave the dictionary's first text for every row, the second nothing: prompts that nobody wrote.
test.each([
  ["levels longer than the page", page(200, ONE_MISSING, 2)],
  ["a place that the dictionary has not", page(2, ONE_MISSING, 3)],
  ["a level of a nested column", page(2, [16, 2], 2, 16)],
])("a damaged page is an error: %s", (_, body) => {
  expect(() => read(body)).toThrow(RangeError);
});
