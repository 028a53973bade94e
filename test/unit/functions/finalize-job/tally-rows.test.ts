import { expect, test } from "vitest";
import { writeLostRows } from "../../../../functions/finalize-job/tally-rows.ts";
import { formatEntry } from "../../../../shared/objects/index-line.ts";
import { indexKey, lostLinesKey, lostRowsKey } from "../../../../shared/objects/keys.ts";
import { readText, writeText } from "../../../../shared/objects/objects.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();

test("a batch that was never collected: every line ends in one result all the same", async () => {
  await writeText(
    indexKey("lost", 2),
    [formatEntry([5, "five"]), formatEntry([6, "", "line 6: not valid JSON"])].join(""),
  );
  const { bytes, counts } = await writeLostRows("lost", "tally", 2, "the key was refused");
  const text = (await readText(lostRowsKey("lost", "tally", 2))) ?? "";
  expect(
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { line: 5, custom_id: "five", status: "failed", response: null, error: "the key was refused", raw: null },
    { line: 6, custom_id: "", status: "invalid", response: null, error: "line 6: not valid JSON", raw: null },
  ]);
  expect(bytes).toBe(Buffer.byteLength(text));
  expect(counts).toMatchObject({ failed: 1, invalid: 1, succeeded: 0 });
  expect(await readText(lostLinesKey("lost", "tally", 2))).toBe("5\n6\n");
});
