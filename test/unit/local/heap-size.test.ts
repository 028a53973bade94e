/** Each process of its own: V8's flags hold for all of a process. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const HEAP_SIZE = join(import.meta.dirname, "../../../local/heap-size.ts");

/** Makes rows that live for a moment, as a long job does, and prints the most bytes that the young generation had. */
const WORK = `
  import { getHeapSpaceStatistics } from "node:v8";
  let most = 0;
  const rows = [];
  for (let round = 0; round < 400; round++) {
    for (let n = 0; n < 20_000; n++) rows[n] = { n, text: \`row \${n}\`, more: [n] };
    await new Promise((resolve) => setTimeout(resolve, 1));
    most = Math.max(most, getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size);
  }
  console.log(most);`;

async function mostYoung(before: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...["--input-type=module", "--eval"],
    before + WORK,
  ]);
  return Number(stdout);
}

test("the young generation stays below 17 MB, where V8 alone would let it grow", async () => {
  const small = `import { keepHeapSmall } from ${JSON.stringify(HEAP_SIZE)}; keepHeapSmall();`;
  const [alone, kept] = await Promise.all([mostYoung(""), mostYoung(small)]);
  expect(alone).toBeGreaterThan(30_000_000);
  expect(kept).toBeLessThan(17_000_000);
});
