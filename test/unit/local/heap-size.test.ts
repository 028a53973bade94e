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

const SMALL = `import { keepHeapSmall } from ${JSON.stringify(HEAP_SIZE)}; keepHeapSmall();`;

async function printedBy(code: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
  return stdout.trim();
}

test("the young generation stays below 17 MB, where V8 alone would let it grow", async () => {
  const [alone, kept] = await Promise.all([printedBy(WORK), printedBy(SMALL + WORK)]);
  expect(Number(alone)).toBeGreaterThan(30_000_000);
  expect(Number(kept)).toBeLessThan(17_000_000);
});

/** Works for so many milliseconds, exits, and prints then whether what nobody holds is still in the heap. */
const leftAtExit = (milliseconds: number) => `
  const left = new WeakRef({});
  await new Promise((resolve) => setTimeout(resolve, 1));
  process.on("exit", () => console.log(left.deref() !== undefined));
  while (process.cpuUsage().user < ${milliseconds * 1_000}) for (let n = 0; n < 1e6; n++);
  process.exit(0);`;

test("a process that worked collects garbage before it exits; a short one exits at once", async () => {
  expect(await printedBy(SMALL + leftAtExit(700))).toBe("false");
  expect(await printedBy(SMALL + leftAtExit(0))).toBe("true");
});
