import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { prepareJob } from "../../../../functions/prepare-job/prepare-job.ts";
import { requireJobFile } from "../../../../shared/objects/job-file.ts";
import { indexKey, requestKey } from "../../../../shared/objects/keys.ts";
import { readText } from "../../../../shared/objects/objects.ts";
import { itemLine, jobAt, startWorld, upload } from "../../../harness/harness.ts";

const world = await startWorld();

/** Ids that repeat across runs, invalid lines at the ends of batches, CRLF, blank lines, wide characters. */
const LINES = Array.from({ length: 40 }, (_, n) => {
  if (n % 7 === 6) return "not json — ü";
  if (n % 11 === 10) return "";
  return itemLine(n === 37 ? "id-2" : `id-${n}`, `word ${n} ${"é".repeat(n)}`);
});
const TEXT = `\ufeff${LINES.join("\r\n")}\n`;

async function prepare(name: string, body: string | Uint8Array, runSeconds: number) {
  const key = await upload(body, { name });
  let runs = 0;
  for (;;) {
    runs++;
    const settings = { execution: `e-${name}`, defaults: {}, now: () => 1_000, runSeconds };
    const job = await prepareJob({ key, job: jobAt("openai") }, settings);
    if (!job.more) return { runs, job };
    expect(job.prepared).toBe(false);
  }
}

async function written(job_id: string) {
  const { batches, lines } = await requireJobFile(job_id);
  const files = await Promise.all(
    batches.flatMap((_, n) => [readText(requestKey(job_id, n + 1, 1)), readText(indexKey(job_id, n + 1))]),
  );
  // Tags are hashes of the job's id.
  return { batches, lines, files: files.map((text) => text?.replace(/"[0-9a-f]{16}-/g, '"TAG-')) };
}

test.each([
  ["plain", (text: string) => text],
  ["gzip", (text: string) => gzipSync(text)],
])("a %s input that takes many runs gives the batches of one run", async (kind, encode) => {
  world.limits({ openai: { max_requests: 4 } });
  const whole = await prepare(`whole-${kind}.jsonl`, encode(TEXT), 1e9);
  const parts = await prepare(`parts-${kind}.jsonl`, encode(TEXT), -1);
  expect(whole.runs).toBe(1);
  expect(parts.runs).toBe(parts.job.batches.length);
  expect(parts.runs).toBeGreaterThan(5);
  const expected = await written(whole.job.job_id);
  expect(expected.files.join("")).toContain("already used on line 3");
  expect(await written(parts.job.job_id)).toEqual(expected);
});
