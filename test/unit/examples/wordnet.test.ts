import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ENTRIES, writeItems } from "../../../examples/wordnet.ts";
import { BatchItem } from "../../../shared/models.ts";

async function items(count: number): Promise<BatchItem[]> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-wordnet-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "items.jsonl");
  await writeItems(count, file);
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => BatchItem.parse(JSON.parse(line)));
}

test("1,000 valid items from all four parts of speech, the same every time", async () => {
  const some = await items(1000);
  expect(some).toHaveLength(1000);
  expect(new Set(some.map(({ custom_id }) => custom_id.split("-")[0]))).toEqual(
    new Set(["noun", "verb", "adj", "adv"]),
  );
  expect(some.some(({ user_message }) => /undefined|NaN|""/.test(user_message ?? ""))).toBe(false);
  expect(await items(1000)).toEqual(some);
});

test("all entries of the dictionary, each once", async () => {
  const all = await items(ENTRIES);
  expect(new Set(all.map(({ custom_id }) => custom_id)).size).toBe(117_791);
});

test.each([0, 1.5, ENTRIES + 1, Number.NaN])("%s items cannot be had", async (count) => {
  await expect(items(count)).rejects.toThrow(RangeError);
});
