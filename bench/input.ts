/** Deterministic inputs of any size, put into the bench's S3. */
import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { sequence } from "../local/sandbox/chance.ts";
import { NAME } from "./services/services.ts";

/** One line in this many repeats the `custom_id` before it: an invalid line, so that `failed.jsonl` is not empty. */
export const INVALID_EVERY = 1000;

const WORDS = (
  "the of and a line answers what is asked with words that mean little but have the lengths of words in a " +
  "prompt such as people write when they want a summary translation or classification of some text"
).split(" ");

/** Characters beyond Latin-1, which strings hold in twice the memory: in one item of four. */
const WIDE_EVERY = 4;

/** The ids and texts of `count` items of about `bytes` bytes each. */
export function* itemTexts(count: number, bytes: number): Generator<{ id: string; text: string }> {
  const next = sequence("bench");
  let long = "";
  // One long text and windows into it: as varied as fresh words, at a hundredth of the cost.
  while (long.length < bytes * 64) long += `${WORDS[Math.floor(next() * WORDS.length)]} `;
  for (let n = 1; n <= count; n++) {
    const id = n % INVALID_EVERY === 0 ? n - 1 : n;
    const from = Math.floor(next() * bytes * 63);
    const length = Math.max(10, bytes - 60 - Math.floor(next() * 16));
    const words = long.slice(from, from + length).trim();
    yield { id: `item-${id}`, text: n % WIDE_EVERY === 0 ? `“${words}” — naïve` : words };
  }
}

/** `count` items whose lines have about `lineBytes` bytes each, a chunk of lines at a time. */
export function* inputLines(count: number, lineBytes: number): Generator<Buffer> {
  let lines: string[] = [];
  for (const { id, text } of itemTexts(count, lineBytes)) {
    lines.push(JSON.stringify({ custom_id: id, user_message: text }));
    if (lines.length < 256) continue;
    yield Buffer.from(`${lines.join("\n")}\n`);
    lines = [];
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join("\n")}\n`);
}

/** Uploads items of about `lineBytes` bytes each as `key`. @returns the length of the input in bytes */
export function putInput(
  s3: string,
  key: string,
  metadata: Record<string, string>,
  count: number,
  lineBytes: number,
): Promise<number> {
  return putChunks(s3, key, metadata, inputLines(count, lineBytes));
}

/** Uploads bytes as `key`. @returns how many */
export async function putChunks(
  s3: string,
  key: string,
  metadata: Record<string, string>,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<number> {
  const headers = Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]),
  );
  const put = request(`${s3}/${NAME}/${key}`, { method: "PUT", headers });
  const answered = once(put, "response");
  let bytes = 0;
  const counted = Readable.from(chunks).on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await pipeline(counted, put);
  const [response] = await answered;
  response.resume();
  if (response.statusCode !== 200) throw new Error(`the input could not be put: ${response.statusCode}`);
  return bytes;
}
