import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { SeenIds } from "../../../../functions/prepare-job/seen-ids.ts";

test("an id is new once; afterwards the line it was first seen on", () => {
  const seen = new SeenIds();
  expect([seen.add("a", 1), seen.add("b", 2), seen.add("a", 3), seen.add("a", 4), seen.add("b", 5)]).toEqual([
    0, 0, 1, 1, 2,
  ]);
});

test("200,000 ids: none lost and none mixed up while the table grows", () => {
  const seen = new SeenIds();
  const count = 200_000;
  for (let line = 1; line <= count; line++) {
    if (seen.add(`item-${line}`, line) !== 0) expect.fail(`item-${line} passed for another`);
  }
  for (let line = 1; line <= count; line++) {
    if (seen.add(`item-${line}`, count + line) !== line) expect.fail(`item-${line} lost its first line`);
  }
});

test("ids that only look alike are different", () => {
  const seen = new SeenIds();
  const alike = [
    "é",
    "e\u0301",
    "\ud800",
    "\ud801",
    "\ufffd",
    "a",
    "A",
    " a",
    "a ",
    "\u0000",
    "\u0000\u0000",
    "",
  ];
  expect(alike.map((id, at) => seen.add(id, at + 1))).toEqual(alike.map(() => 0));
});

test("a set that was written and read back, in chunks of any size, knows its ids and grows on", async () => {
  const seen = new SeenIds();
  const count = 20_000;
  for (let line = 1; line <= count; line++) seen.add(`item-${line}`, line);
  const bytes = Buffer.concat([...seen.bytes()]);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 10_007) }, (_, at) =>
    bytes.subarray(at * 10_007, (at + 1) * 10_007),
  );
  const read = await SeenIds.read(Readable.from(chunks), bytes.length);
  for (let line = 1; line <= 3 * count; line++) {
    const first = read.add(`item-${line}`, 4 * count);
    if (first !== (line <= count ? line : 0)) expect.fail(`item-${line} was first seen on line ${first}`);
  }
  await expect(SeenIds.read(Readable.from(chunks.slice(1)), bytes.length)).rejects.toThrow("cut short");
});
